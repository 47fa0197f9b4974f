#include "report/advice/diagnosis_facts.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include "report/advice/pooled_findings.hpp"

namespace normrun::report {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

class DiagnosisCollector {
 public:
  DiagnosisCollector(const ResultsFolder& results, const std::string& split, const diagnosis::Margins& margins)
      : results_(results), split_(split), margins_(margins) {}

  std::vector<SettingDiagnosis> collect(const std::vector<SettingFacts>& all_facts) {
    for (const SettingFacts& facts : all_facts) take_facts(facts);
    take_findings();
    take_remedies();
    const std::vector<std::vector<ToldFinding>> told = pooled_findings(findings_);
    for (std::size_t i = 0; i < list_.size(); ++i) {
      list_[i].runs = findings_[i].runs;
      list_[i].findings = told[i];
      for (ToldRemedy& one : list_[i].remedies) {
        const double count = static_cast<double>(one.runs);
        for (double* sum : {&one.loss_before, &one.loss_after, &one.accuracy_before, &one.accuracy_after}) *sum /= count;
      }
    }
    return std::move(list_);
  }

 private:
  std::size_t place_of(const tables::Setting& setting) {
    const auto [found, is_new] = places_.emplace(setting, list_.size());
    if (is_new) {
      findings_.emplace_back();
      SettingDiagnosis& own = list_.emplace_back();
      own.setting = setting;
      own.gap = own.lost_accuracy = own.lost_loss = own.eval_accuracy = own.eval_loss = kNone;
      own.layer = {"", kNone, kNone, kNone, kNone, kNone};
    }
    return found->second;
  }
  SettingDiagnosis& of(const tables::Setting& setting) { return list_[place_of(setting)]; }

  void take_facts(const SettingFacts& facts) {
    SettingDiagnosis& own = of(facts.setting);
    own.gap = facts.gap;
    own.layer = {facts.layer, facts.updates, facts.momentum, facts.init_share, facts.mean_gap, facts.var_ratio};
    const auto eval = facts.modes.find("eval");
    const auto lost = facts.modes.find("initial-statistics");
    if (eval == facts.modes.end()) return;
    own.eval_accuracy = eval->second.accuracy;
    own.eval_loss = eval->second.loss;
    if (lost == facts.modes.end()) return;
    own.lost_accuracy = lost->second.accuracy;
    own.lost_loss = lost->second.loss;
  }

  void take_findings() {
    tables::RunRows runs = results_.runs_of(tables::TableId::kDiagnosis);
    while (runs.next()) {
      SettingFindings& own = findings_[place_of(setting_of(runs))];
      double place = 0.0;
      bool is_counted = false;
      for (const tables::RunRows::Row& row : runs.rows()) {
        if (runs.text(row, "split") != split_) continue;
        if (!is_counted) ++own.runs;
        is_counted = true;
        take_finding(runs, row, place, own);
        place += 1.0;
      }
    }
  }
  void take_finding(const tables::RunRows& runs, const tables::RunRows::Row& row, double place, SettingFindings& own) const {
    const std::string& finding = runs.text(row, "finding");
    const Cause cause = diagnosis::cause_of(runs.text(row, "cause"));
    const std::string& layer = runs.text(row, "layer");
    // The same lint in another layer is another finding.
    auto found = std::find_if(own.findings.begin(), own.findings.end(), [&](const SeedFindings& one) {
      return one.told.finding == finding && one.told.cause == cause && (finding != "lint" || one.told.layer == layer);
    });
    if (found == own.findings.end()) {
      found = own.findings.insert(own.findings.end(), SeedFindings());
      found->told.finding = finding;
      found->told.cause = cause;
      found->told.layer = layer;
      found->told.channels = runs.text(row, "channels");
    }
    // A run may name a cause twice, for two steps of the repair; the first and larger harm counts.
    const bool is_known = finding != "lint" && !found->runs.empty() && found->runs.back().run == runs.run_id();
    if (is_known) return;
    found->runs.push_back({runs.run_id(), runs.text(row, "metric"), runs.number(row, "effect"), runs.number(row, "ci95_low"),
                           runs.number(row, "ci95_high"), place, runs.number(row, "samples"), margin_of(runs.text(row, "metric"))});
  }

  void take_remedies() {
    tables::RunRows runs = results_.runs_of(tables::TableId::kRemedies);
    while (runs.next()) {
      SettingDiagnosis& own = of(setting_of(runs));
      SeedScore score{0, kNone, kNone};
      const std::string& seed = runs.seed();
      std::from_chars(seed.data(), seed.data() + seed.size(), score.seed);
      for (const tables::RunRows::Row& row : runs.rows()) {
        if (runs.text(row, "split") != split_) continue;
        take_remedy(runs, row, own, score);
        take_recomputed(runs, row, findings_[place_of(own.setting)]);
      }
      if (!std::isnan(score.eval)) own.scores.push_back(score);
    }
  }
  void take_recomputed(const tables::RunRows& runs, const tables::RunRows::Row& row, SettingFindings& own) const {
    const std::string& name = runs.text(row, "remedy");
    if (name != "layer-by-layer" && name != "without-padding") return;
    const double before = runs.number(row, "accuracy_before");
    const bool by_accuracy = !std::isnan(before);
    const double gain =
        by_accuracy ? runs.number(row, "accuracy_after") - before : runs.number(row, "loss_before") - runs.number(row, "loss_after");
    own.recomputed.push_back({.run = runs.run_id(),
                              .metric = by_accuracy ? "accuracy" : "loss",
                              .effect = gain,
                              .samples = runs.number(row, "samples"),
                              .margin = margin_of(by_accuracy ? "accuracy" : "loss"),
                              .is_told = false});
  }
  static void take_remedy(const tables::RunRows& runs, const tables::RunRows::Row& row, SettingDiagnosis& own, SeedScore& score) {
    const std::string& name = runs.text(row, "remedy");
    const std::string& verdict = runs.text(row, "verdict");
    auto found = std::find_if(own.remedies.begin(), own.remedies.end(), [&](const ToldRemedy& one) { return one.remedy == name; });
    if (found == own.remedies.end()) {
      found = own.remedies.insert(own.remedies.end(), ToldRemedy());
      found->remedy = name;
      found->is_arm = true;
    }
    found->is_arm = found->is_arm && verdict == "arm";
    ++found->runs;
    if (verdict == "confirmed") ++found->confirmed;
    if (verdict == "worse") ++found->worse;
    const double accuracy_before = runs.number(row, "accuracy_before");
    found->loss_before += runs.number(row, "loss_before");
    found->loss_after += runs.number(row, "loss_after");
    found->accuracy_before += accuracy_before;
    found->accuracy_after += runs.number(row, "accuracy_after");
    const bool by_accuracy = !std::isnan(accuracy_before);
    const double before = by_accuracy ? accuracy_before : -runs.number(row, "loss_before");
    const double after = by_accuracy ? runs.number(row, "accuracy_after") : -runs.number(row, "loss_after");
    if (name != "layer-by-layer" && name != "without-padding" && name != "batch-statistics") return;
    score.eval = before;
    score.best = std::isnan(score.best) ? std::max(before, after) : std::max(score.best, after);
  }

  /// Returns the margin of a metric.  A margin of 0 would be no unit, so there is a smallest one.
  double margin_of(const std::string& metric) const {
    constexpr double kLeast = 1e-9;
    return std::max(metric == "accuracy" ? margins_.accuracy : margins_.loss, kLeast);
  }

  const ResultsFolder& results_;
  std::string split_;
  diagnosis::Margins margins_;
  std::map<tables::Setting, std::size_t> places_;
  std::vector<SettingDiagnosis> list_;
  std::vector<SettingFindings> findings_;  // for each setting in list_, in the same order
};

}  // namespace

diagnosis::Margins margins_of(const ResultsFolder& results, const std::vector<SettingFacts>& facts) {
  const study::RunConfig& base = results.experiment.base;
  const bool has_accuracy = std::any_of(facts.begin(), facts.end(), [](const SettingFacts& one) {
    return std::any_of(one.modes.begin(), one.modes.end(), [](const auto& mode) { return !std::isnan(mode.second.accuracy); });
  });
  const bool is_squared = base.train.loss == train::LossChoice::kMse || (base.train.loss == train::LossChoice::kAuto && !has_accuracy);
  diagnosis::Margins margins = base.compare.margins;
  if (is_squared) margins.loss = margins.variance;
  return margins;
}

std::vector<SettingDiagnosis> collect_diagnoses(const ResultsFolder& results, const std::vector<SettingFacts>& facts,
                                                const std::string& split) {
  return DiagnosisCollector(results, split, margins_of(results, facts)).collect(facts);
}

}  // namespace normrun::report
