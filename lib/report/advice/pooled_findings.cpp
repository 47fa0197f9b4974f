#include "report/advice/pooled_findings.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "diagnosis/margins.hpp"
#include "diagnosis/tests_of_means.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kSeedsForOwnVariance = 5;

/// Returns the standard error of a run's effect over its rows, in units of the margin.
double row_error(const RunFinding& run) {
  if (std::isnan(run.low) || std::isnan(run.high) || run.samples < 2.0) return 0.0;
  return 0.5 * (run.high - run.low) / diagnosis::student_upper_quantile(0.025, run.samples - 1.0) / run.margin;
}

/// A sum of squared distances from a mean, and its degrees of freedom.
struct Spread {
  double squares = 0.0;
  double degrees = 0.0;
  double variance() const { return degrees > 0.0 ? squares / degrees : 0.0; }
};

/// Returns the effect in every run of a setting, in units of the margin; 0 for a run without the finding.
std::vector<double> effects_of(const SeedFindings& finding, std::size_t runs) {
  std::vector<double> effects(runs, 0.0);
  for (std::size_t i = 0; i < std::min(runs, finding.runs.size()); ++i) effects[i] = finding.runs[i].effect / finding.runs[i].margin;
  return effects;
}

std::size_t told_runs(const SeedFindings& finding) {
  return static_cast<std::size_t>(
      std::count_if(finding.runs.begin(), finding.runs.end(), [](const RunFinding& run) { return run.is_told; }));
}

/// Returns the findings of a setting.  The cause of wrong statistics that most runs have gets an entry also for each run without it: what
/// recomputed statistics gain there.  If no run found wrong statistics, five or more seeds together may still show them; the entries of all
/// runs then form a finding with an unknown cause.
std::vector<SeedFindings> with_silent_runs(const SettingFindings& setting) {
  std::vector<SeedFindings> findings = setting.findings;
  SeedFindings* first = nullptr;
  for (SeedFindings& finding : findings) {
    if (finding.told.finding != "statistics-wrong") continue;
    if (first == nullptr || finding.runs.size() > first->runs.size()) first = &finding;
  }
  if (first == nullptr) {
    if (setting.recomputed.size() < kSeedsForOwnVariance) return findings;
    first = &findings.emplace_back();
    first->told.finding = "statistics-wrong";
    first->told.cause = Cause::kUnknown;
  }
  for (const RunFinding& gain : setting.recomputed) {
    const bool is_known = std::any_of(first->runs.begin(), first->runs.end(), [&](const RunFinding& run) { return run.run == gain.run; });
    if (!is_known) first->runs.push_back(gain);
  }
  return findings;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

Spread spread_of(const std::vector<double>& values) {
  Spread spread{0.0, static_cast<double>(values.size()) - 1.0};
  const double mean = mean_of(values);
  for (const double value : values) spread.squares += (value - mean) * (value - mean);
  return spread;
}

/// A mean over seeds, its standard error, and the degrees of freedom of that error (by Welch).
struct PooledEffect {
  double mean = 0.0;
  double error = 0.0;
  double degrees = 1.0;

  double p_above(double margin) const {
    if (!(error > 0.0)) return mean > margin ? 0.0 : 1.0;
    return diagnosis::student_upper_tail((mean - margin) / error, degrees);
  }
  double reach(double level) const { return error > 0.0 ? diagnosis::student_upper_quantile(level, degrees) * error : 0.0; }
};

PooledEffect pooled(const SeedFindings& finding, std::size_t runs, const Spread& over_settings) {
  const std::vector<double> effects = effects_of(finding, runs);
  const Spread own = spread_of(effects);
  const Spread& between = runs >= kSeedsForOwnVariance ? own : over_settings;
  double rows = 0.0;
  double samples = 0.0;
  const double told = static_cast<double>(std::max<std::size_t>(told_runs(finding), 1));
  for (const RunFinding& run : finding.runs) {
    if (!run.is_told) continue;  // the variance between the seeds already holds the noise of its rows
    const double error = row_error(run);
    rows += error * error / told;
    samples += run.samples / told;
  }
  const double n = static_cast<double>(runs);
  const double of_seeds = runs > 1 ? between.variance() / n : 0.0;
  const double of_rows = rows / n;
  PooledEffect result{mean_of(effects), std::sqrt(of_seeds + of_rows), std::max(samples - 1.0, 1.0)};
  if (of_seeds > 0.0) {
    const double whole = of_seeds + of_rows;
    result.degrees = whole * whole / (of_seeds * of_seeds / between.degrees + of_rows * of_rows / result.degrees);
  }
  return result;
}

class Pooling {
 public:
  explicit Pooling(const std::vector<SettingFindings>& settings) {
    for (const SettingFindings& setting : settings) {
      if (setting.runs < 2) continue;
      for (const SeedFindings& finding : with_silent_runs(setting)) {
        const Spread own = spread_of(effects_of(finding, setting.runs));
        Spread& all = spreads_[{finding.told.finding, finding.told.cause}];
        all.squares += own.squares;
        all.degrees += own.degrees;
      }
    }
  }

  std::vector<ToldFinding> told(const SettingFindings& setting) const {
    std::vector<ToldFinding> list;
    for (const SeedFindings& finding : setting.runs > 1 ? with_silent_runs(setting) : setting.findings) {
      const ToldFinding one = setting.runs > 1 ? of_seeds(finding, setting.runs) : of_one(finding.told, finding.runs.front());
      if (one.is_of_all || 2 * told_runs(finding) >= setting.runs) list.push_back(one);
    }
    std::stable_sort(list.begin(), list.end(), [](const ToldFinding& a, const ToldFinding& b) { return a.place < b.place; });
    return list;
  }

 private:
  static constexpr double kLevel = diagnosis::Margins{}.level;
  static constexpr double kMissed = 0.2;  // how often the test misses an effect of the size `detectable`

  static ToldFinding of_one(ToldFinding told, const RunFinding& run) {
    told.metric = run.metric;
    told.effect = tables::summarize(std::vector<double>{run.effect});
    told.low = run.low;
    told.high = run.high;
    told.place = run.place;
    told.samples = run.samples;
    const double degrees = std::max(run.samples - 1.0, 1.0);
    const double reach = diagnosis::student_upper_quantile(kLevel, degrees) + diagnosis::student_upper_quantile(kMissed, degrees);
    told.margin = run.margin;
    told.detectable = run.margin * (1.0 + reach * row_error(run));
    return told;
  }

  ToldFinding of_seeds(const SeedFindings& finding, std::size_t runs) const {
    const PooledEffect effect = pooled(finding, runs, spreads_.at({finding.told.finding, finding.told.cause}));
    const RunFinding& worst = *std::max_element(finding.runs.begin(), finding.runs.end(), [](const RunFinding& a, const RunFinding& b) {
      return a.effect / a.margin < b.effect / b.margin;
    });
    ToldFinding told = of_one(finding.told, worst);
    if (told.finding == "nothing-found" && worst.effect == 0.0 && worst.low == 0.0 && worst.high == 0.0)
      return told;  // the modes are equal
    told.place = told.samples = 0.0;
    std::vector<double> same;  // the effects in the metric of the worst run
    for (const RunFinding& run : finding.runs) {
      told.place += run.place / static_cast<double>(finding.runs.size());
      told.samples += run.samples / static_cast<double>(finding.runs.size());
      if (run.metric == worst.metric) same.push_back(run.effect);
    }
    const bool is_everywhere = same.size() == runs;
    told.is_of_all = effect.p_above(1.0) < kLevel;
    if (!told.is_of_all && !(is_everywhere && told.finding == "nothing-found")) {
      told.effect.n = told_runs(finding);
      return told;  // the numbers are those of the worst network alone
    }
    const double margin = worst.margin;
    told.effect = tables::summarize(same);
    told.effect.mean = margin * effect.mean;
    told.effect.n = told_runs(finding);
    told.low = margin * (effect.mean - effect.reach(0.025));
    told.high = margin * (effect.mean + effect.reach(0.025));
    // The test of the worst network alone may detect smaller effects than the test over the seeds.
    told.detectable = std::min(told.detectable, margin * (1.0 + effect.reach(kLevel) + effect.reach(kMissed)));
    return told;
  }

  std::map<std::pair<std::string, Cause>, Spread> spreads_;
};

}  // namespace

std::vector<std::vector<ToldFinding>> pooled_findings(const std::vector<SettingFindings>& settings) {
  const Pooling pooling(settings);
  std::vector<std::vector<ToldFinding>> result;
  result.reserve(settings.size());
  for (const SettingFindings& setting : settings) result.push_back(pooling.told(setting));
  return result;
}

}  // namespace normrun::report
