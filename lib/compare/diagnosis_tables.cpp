#include "compare/diagnosis_tables.hpp"

#include <algorithm>
#include <cmath>

namespace normrun::compare {
namespace {

tables::Cell finite_cell(double value) { return std::isfinite(value) ? tables::Cell{value} : tables::Cell{}; }

}  // namespace

void add_diagnosis_lines(data::SplitName split, const diagnosis::Diagnosis& diagnosis, tables::RunRecord& record) {
  for (const diagnosis::Finding& one : diagnosis.findings) {
    record.add(tables::TableId::kDiagnosis, {{"split", data::split_text(split)},
                                             {"finding", one.finding},
                                             {"cause", cause_text(one.cause)},
                                             {"layer", one.layer},
                                             {"channels", one.channels},
                                             {"effect", finite_cell(one.effect)},
                                             {"ci95_low", finite_cell(one.low)},
                                             {"ci95_high", finite_cell(one.high)},
                                             {"p", finite_cell(one.p)},
                                             {"metric", one.metric},
                                             {"samples", one.samples}});
  }
  for (const diagnosis::TriedRemedy& one : diagnosis.remedies) {
    record.add(tables::TableId::kRemedies, {{"split", data::split_text(split)},
                                            {"remedy", one.remedy},
                                            {"samples", one.samples},
                                            {"loss_before", finite_cell(one.loss_before)},
                                            {"loss_after", finite_cell(one.loss_after)},
                                            {"ci95_low", finite_cell(one.low)},
                                            {"ci95_high", finite_cell(one.high)},
                                            {"accuracy_before", finite_cell(one.accuracy_before)},
                                            {"accuracy_after", finite_cell(one.accuracy_after)},
                                            {"verdict", one.verdict}});
  }
}

template <class T>
diagnosis::Subject<T> diagnosis_subject(const Snapshot<T>& snapshot, const train::TrainingPlan<T>& plan) {
  return {.plan = plan,
          .model = snapshot.model,
          .steps = snapshot.step,
          .rows_of = [&snapshot](data::SplitName split) { return snapshot.rows(split); },
          .margins = snapshot.settings.compare.margins};
}

template <class T>
std::vector<diagnosis::RepairStage> repaired_statistics(const Snapshot<T>& snapshot, const train::TrainingPlan<T>& plan) {
  if (statistics::layers_with_statistics(snapshot.network.layout()).empty()) return {};
  return diagnosis::repair_stages(diagnosis_subject(snapshot, plan), snapshot.settings.population);
}

template <class T>
void add_diagnosis(const Snapshot<T>& snapshot, const train::TrainingPlan<T>& plan, const std::vector<diagnosis::RepairStage>& stages,
                   tables::RunRecord& record) {
  const diagnosis::Subject<T> subject = diagnosis_subject(snapshot, plan);
  std::vector<diagnosis::RepairStage> own = stages;
  const statistics::PopulationOptions& population = snapshot.settings.population;
  const bool is_of_training = population.split == "train" && population.samples.word == "all";
  if (!own.empty() && !is_of_training) {
    // The diagnosis always takes the statistics of all training rows as the sound ones, whatever the config compares.
    statistics::PopulationOptions training;
    own.back().statistics =
        statistics::population_statistics(snapshot.network, snapshot.model, snapshot.rows(data::SplitName::kTrain), training, 1);
  }
  if (!own.empty() && !diagnosis::draws_at_random(plan)) own = diagnosis::stages_by_contents(subject, own);
  for (const std::string& name : snapshot.settings.compare.splits) {
    const data::SplitName split = data::split_of(name);
    if (snapshot.data.split(split).samples() > 0) add_diagnosis_lines(split, diagnosis::diagnose(subject, split, own), record);
  }
}

template diagnosis::Subject<float> diagnosis_subject(const Snapshot<float>&, const train::TrainingPlan<float>&);
template diagnosis::Subject<double> diagnosis_subject(const Snapshot<double>&, const train::TrainingPlan<double>&);
template std::vector<diagnosis::RepairStage> repaired_statistics(const Snapshot<float>&, const train::TrainingPlan<float>&);
template std::vector<diagnosis::RepairStage> repaired_statistics(const Snapshot<double>&, const train::TrainingPlan<double>&);
template void add_diagnosis(const Snapshot<float>&, const train::TrainingPlan<float>&, const std::vector<diagnosis::RepairStage>&,
                            tables::RunRecord&);
template void add_diagnosis(const Snapshot<double>&, const train::TrainingPlan<double>&, const std::vector<diagnosis::RepairStage>&,
                            tables::RunRecord&);

}  // namespace normrun::compare
