#pragma once

#include <vector>

#include "compare/compare_modes.hpp"
#include "diagnosis/diagnose.hpp"

namespace normrun::compare {

/// Turns a snapshot into what a diagnosis takes.  The snapshot and the plan must outlive the result.
template <class T>
diagnosis::Subject<T> diagnosis_subject(const Snapshot<T>& snapshot, const train::TrainingPlan<T>& plan);

/// Returns the statistics with one cause after another repaired, which the budget and the diagnosis share.  The result is empty for a
/// network without moving statistics.
template <class T>
std::vector<diagnosis::RepairStage> repaired_statistics(const Snapshot<T>& snapshot, const train::TrainingPlan<T>& plan);

/// Adds the lines of diagnosis.csv and remedies.csv that one split has.
void add_diagnosis_lines(data::SplitName split, const diagnosis::Diagnosis& diagnosis, tables::RunRecord& record);

/// Adds the lines of diagnosis.csv and remedies.csv, for each split that is compared and has rows.  `stages` are those of
/// repaired_statistics.
template <class T>
void add_diagnosis(const Snapshot<T>& snapshot, const train::TrainingPlan<T>& plan, const std::vector<diagnosis::RepairStage>& stages,
                   tables::RunRecord& record);

}  // namespace normrun::compare
