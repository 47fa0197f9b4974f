#include <algorithm>
#include <cmath>
#include <iterator>

#include "fmt/format.h"
#include "report/advice/advice.hpp"
#include "report/advice/advice_words.hpp"
#include "report/results/words.hpp"
#include "study/plan.hpp"

namespace normrun::report {
namespace {

AdviceContext context_of(const ResultsFolder& results) {
  const study::RunConfig& base = results.experiment.base;
  AdviceContext context;
  context.split = results.split();
  const std::string text = study::run_text(base) + study::grid_text(results.experiment.grid);
  context.weighs_new = text.find("\"momentum_weighs\":\"new\"") != std::string::npos;
  constexpr std::string_view kGhosts = "\"ghost_batch_size\":";
  if (const std::size_t at = text.find(kGhosts); at != std::string::npos)
    context.ghost_batch_size = std::max(std::atol(text.c_str() + at + kGhosts.size()), 0L);
  context.torch_names = text.find("\"convention\":\"torch\"") != std::string::npos;
  context.is_softmax = base.train.loss != train::LossChoice::kMse && base.train.loss != train::LossChoice::kMae &&
                       base.train.loss != train::LossChoice::kHuber;
  context.accumulate = base.train.division.accumulate;
  for (const std::string& key : study::swept_columns({}, results.experiment.grid))
    context.others_train =
        context.others_train && !key.starts_with("data") && !key.starts_with("compare") && !key.starts_with("population");
  context.clients = base.train.clients.count;
  context.replicas = base.train.division.sync == train::Sync::kBatchStatistics ? 1 : base.train.division.replicas;
  return context;
}

/// Adds, before all other advice, what the training rows show in settings without harm on the judged rows.  Where the judged rows are
/// shifted, the training rows tell whether the statistics are wrong, too.
void add_of_training_rows(std::vector<Advice>& advice, const std::vector<SettingDiagnosis>& diagnoses, const ResultsFolder& results,
                          const std::vector<SettingFacts>& facts, AdviceContext context) {
  if (results.split() == "train") return;
  std::vector<SettingDiagnosis> own = collect_diagnoses(results, facts, "train");
  for (std::size_t i = 0; i < own.size() && i < diagnoses.size(); ++i) {
    const std::vector<ToldFinding>& findings = diagnoses[i].findings;
    const auto is_other_alarm = [](const ToldFinding& one) { return is_alarm(one) && one.finding != "rows-shifted"; };
    if (std::any_of(findings.begin(), findings.end(), is_other_alarm))
      own[i].findings.clear();
    else if (std::any_of(findings.begin(), findings.end(), is_alarm))
      std::erase_if(own[i].findings, [](const ToldFinding& one) { return one.finding != "statistics-wrong"; });
  }
  context.split = "train";
  std::vector<Advice> told = advise_of_harm(own, context);
  advice.insert(advice.begin(), std::make_move_iterator(told.begin()), std::make_move_iterator(told.end()));
}

/// Adds advice that says how many runs failed, and why the first of them did.
void add_failed(std::vector<Advice>& advice, const ResultsFolder& results) {
  std::size_t failed = 0;
  Advice one;
  tables::RunRows runs = results.runs_of(tables::TableId::kRuns);
  while (runs.next()) {
    for (const tables::RunRows::Row& row : runs.rows()) {
      if (runs.text(row, "status") == "ok") continue;
      if (++failed > 1) continue;
      one.setting = spoken_setting(setting_of(runs));
      one.finding = runs.text(row, "error");
    }
  }
  if (failed == 0) return;
  one.cause = Cause::kUnmeasured;
  one.finding =
      fmt::format("{} not finish; the first error is: {}.", failed == 1 ? "a run did" : fmt::format("{} runs did", failed), one.finding);
  advice.push_back(one);
}

}  // namespace

std::vector<Advice> advise(const ResultsFolder& results) {
  const std::vector<SettingFacts> facts = collect_facts(results);
  const std::vector<SettingDiagnosis> diagnoses = collect_diagnoses(results, facts, results.split());
  AdviceContext context = context_of(results);
  context.layers = LayerNames(results);
  // The loss "auto" is squared errors for numbers and cross-entropy for classes; only results with classes have an accuracy.
  const bool has_accuracy =
      std::any_of(diagnoses.begin(), diagnoses.end(), [](const SettingDiagnosis& one) { return !std::isnan(one.eval_accuracy); });
  context.is_classifier = has_accuracy;
  if (results.experiment.base.train.loss == train::LossChoice::kAuto) context.is_softmax = has_accuracy;
  const diagnosis::Margins margins = margins_of(results, facts);
  context.margin = has_accuracy ? margins.accuracy : margins.loss;
  std::vector<Advice> advice = advise(diagnoses, context);
  add_of_training_rows(advice, diagnoses, results, facts, context);
  add_failed(advice, results);
  return advice;
}

}  // namespace normrun::report
