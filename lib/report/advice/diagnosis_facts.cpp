#include "report/advice/diagnosis_facts.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include "report/advice/advice_facts.hpp"

namespace normrun::report {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// A finding's rows of the runs of one setting.
struct Collected {
  ToldFinding told;
  std::vector<double> effects;
  std::vector<double> lows;
  std::vector<double> highs;
};

struct Building {
  SettingDiagnosis diagnosis;
  std::vector<Collected> findings;
};

class DiagnosisCollector {
 public:
  explicit DiagnosisCollector(const ResultsFolder& results) : results_(results) {}

  std::vector<SettingDiagnosis> collect() {
    for (const SettingFacts& facts : collect_facts(results_)) take_facts(facts);
    take_findings();
    take_remedies();
    std::vector<SettingDiagnosis> list;
    for (Building& one : list_) list.push_back(finished(one));
    return list;
  }

 private:
  Building& of(const tables::Setting& setting) {
    const auto [found, is_new] = places_.emplace(setting, list_.size());
    if (is_new) {
      list_.emplace_back();
      SettingDiagnosis& own = list_.back().diagnosis;
      own.setting = setting;
      own.gap = own.lost_accuracy = own.lost_loss = own.eval_accuracy = own.eval_loss = kNone;
      own.layer = {"", kNone, kNone, kNone, kNone, kNone};
    }
    return list_[found->second];
  }

  void take_facts(const SettingFacts& facts) {
    SettingDiagnosis& own = of(facts.setting).diagnosis;
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
      Building& own = of(setting_of(runs));
      double place = 0.0;
      bool is_counted = false;
      for (const tables::RunRows::Row& row : runs.rows()) {
        if (runs.text(row, "split") != results_.split()) continue;
        if (!is_counted) ++own.diagnosis.runs;
        is_counted = true;
        take_finding(runs, row, place, own);
        place += 1.0;
      }
    }
  }
  static void take_finding(const tables::RunRows& runs, const tables::RunRows::Row& row, double place, Building& own) {
    const std::string& finding = runs.text(row, "finding");
    const Cause cause = diagnosis::cause_of(runs.text(row, "cause"));
    auto found = std::find_if(own.findings.begin(), own.findings.end(),
                              [&](const Collected& one) { return one.told.finding == finding && one.told.cause == cause; });
    if (found == own.findings.end()) {
      found = own.findings.insert(own.findings.end(), Collected());
      found->told = {finding, cause, runs.text(row, "layer"), runs.text(row, "channels"), runs.text(row, "metric"), {}, 0.0, 0.0, 0.0, 0.0};
    }
    found->told.place += place;
    found->told.samples += runs.number(row, "samples");
    found->effects.push_back(runs.number(row, "effect"));
    found->lows.push_back(runs.number(row, "ci95_low"));
    found->highs.push_back(runs.number(row, "ci95_high"));
  }

  void take_remedies() {
    tables::RunRows runs = results_.runs_of(tables::TableId::kRemedies);
    while (runs.next()) {
      SettingDiagnosis& own = of(setting_of(runs)).diagnosis;
      SeedScore score{0, kNone, kNone};
      const std::string& seed = runs.seed();
      std::from_chars(seed.data(), seed.data() + seed.size(), score.seed);
      for (const tables::RunRows::Row& row : runs.rows()) {
        if (runs.text(row, "split") == results_.split()) take_remedy(runs, row, own, score);
      }
      if (!std::isnan(score.eval)) own.scores.push_back(score);
    }
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
    if (name != "layer-by-layer" && name != "batch-statistics") return;
    score.eval = before;
    score.best = std::isnan(score.best) ? std::max(before, after) : std::max(score.best, after);
  }

  static SettingDiagnosis finished(Building& own) {
    SettingDiagnosis& diagnosis = own.diagnosis;
    for (Collected& one : own.findings) {
      if (2 * one.effects.size() < diagnosis.runs) continue;
      ToldFinding& told = one.told;
      const double count = static_cast<double>(one.effects.size());
      told.effect = tables::summarize(one.effects);
      told.place /= count;
      told.samples /= count;
      told.low = one.effects.size() > 1 ? told.effect.ci95_low : one.lows.front();
      told.high = one.effects.size() > 1 ? told.effect.ci95_high : one.highs.front();
      diagnosis.findings.push_back(told);
    }
    std::stable_sort(diagnosis.findings.begin(), diagnosis.findings.end(),
                     [](const ToldFinding& a, const ToldFinding& b) { return a.place < b.place; });
    for (ToldRemedy& one : diagnosis.remedies) {
      const double count = static_cast<double>(one.runs);
      for (double* sum : {&one.loss_before, &one.loss_after, &one.accuracy_before, &one.accuracy_after}) *sum /= count;
    }
    return std::move(diagnosis);
  }

  const ResultsFolder& results_;
  std::map<tables::Setting, std::size_t> places_;
  std::vector<Building> list_;
};

}  // namespace

double ToldFinding::size() const {
  constexpr double kAccuracyMargin = 0.01;
  constexpr double kLossMargin = 0.02;
  return effect.mean / (metric == "accuracy" ? kAccuracyMargin : kLossMargin);
}

std::vector<SettingDiagnosis> collect_diagnoses(const ResultsFolder& results) { return DiagnosisCollector(results).collect(); }

}  // namespace normrun::report
