#pragma once

#include <vector>

#include "compare/compare_modes.hpp"
#include "diagnosis/diagnose.hpp"

namespace normrun::compare {

/// A snapshot as a diagnosis takes it.  The snapshot and the plan must outlive it.
template <class T>
diagnosis::Subject<T> diagnosis_subject(const Snapshot<T>& snapshot, const train::TrainingPlan<T>& plan);

/// What the budget and the diagnosis share: the statistics with one cause after another repaired.  Empty without moving statistics.
template <class T>
std::vector<diagnosis::RepairStage> repaired_statistics(const Snapshot<T>& snapshot, const train::TrainingPlan<T>& plan);

/// The lines of diagnosis.csv and remedies.csv: of each split that is compared and has rows.  `stages` by the config's population.
template <class T>
void add_diagnosis(const Snapshot<T>& snapshot, const train::TrainingPlan<T>& plan, const std::vector<diagnosis::RepairStage>& stages,
                   tables::RunRecord& record);

}  // namespace normrun::compare
