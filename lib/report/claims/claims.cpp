#include "report/claims/claims.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/eigen.hpp"
#include "core/elementary.hpp"
#include "files/atomic_file.hpp"
#include "fmt/format.h"
#include "report/claims/claim_rows.hpp"
#include "study/experiment.hpp"
#include "tables/record.hpp"
#include "tables/t_interval.hpp"

namespace normrun::report {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The number that is tested for each seed, and the interval in which the claim holds.
struct Question {
  std::vector<double> values;
  double low = -kInfinity;
  double high = kInfinity;
  enum class Bounds { kOpen, kClosed } bounds = Bounds::kClosed;
  enum class Scale { kLinear, kLog } scale = Scale::kLinear;

  bool holds(double value) const { return bounds == Bounds::kOpen ? value > low && value < high : value >= low && value <= high; }
};

std::string of_seed(long seed) { return " of seed " + std::to_string(seed); }

/// Throws Error(kUsage) if the axis has a single place: the slope would be 0/0, and the range would be 0 whatever the metric.
void need_two_places(const study::Claim& claim, const std::map<std::string, double>& by_axis, const std::string& whose) {
  if (by_axis.size() >= 2) return;
  refuse_claim(claim, "the rows" + whose + " have one " + claim.axis + " only, and a slope or a range takes two",
               "see \"where\", the grid and the runs that failed");
}

/// Returns the least-squares slope of log(value) against log(axis).
double log_slope(const study::Claim& claim, const std::map<std::string, double>& by_axis, const std::string& whose) {
  need_two_places(claim, by_axis, whose);
  std::vector<double> logs_of_places;
  std::vector<double> logs_of_values;
  for (const auto& [place, value] : by_axis) {
    const double x = std::strtod(place.c_str(), nullptr);
    if (!(x > 0.0) || !(value > 0.0)) {
      refuse_claim(claim, "a slope of logarithms needs positive numbers", "choose other rows or another test");
    }
    logs_of_places.push_back(math::log(x));
    logs_of_values.push_back(math::log(value));
  }
  const auto x = as_eigen(logs_of_places).array();
  const auto y = as_eigen(logs_of_values).array();
  return ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum();
}

double spread(const study::Claim& claim, const std::map<std::string, double>& by_axis, const std::string& whose) {
  need_two_places(claim, by_axis, whose);
  for (const auto& [place, value] : by_axis) {
    if (std::isnan(value)) return value;  // the search below would skip NaN, because every comparison with NaN is false
  }
  const auto by_value = [](const auto& a, const auto& b) { return a.second < b.second; };
  return std::max_element(by_axis.begin(), by_axis.end(), by_value)->second -
         std::min_element(by_axis.begin(), by_axis.end(), by_value)->second;
}

/// Returns the mean over the seeds at each place of the axis.
std::map<std::string, double> means_along(const ClaimValues& values) {
  std::map<std::string, std::vector<double>> lists;
  for (const auto& [seed, by_axis] : values) {
    for (const auto& [place, value] : by_axis) lists[place].push_back(value);
  }
  std::map<std::string, double> means;
  for (const auto& [place, list] : lists) means[place] = tables::summarize(list).mean;
  return means;
}

double log_ratio(const study::Claim& claim, long seed, double value, double reference) {
  if (!(value > 0.0) || !(reference > 0.0)) {
    refuse_claim(claim, fmt::format("\"by_factor\" needs positive numbers, seed {} has {:.6g} and {:.6g}", seed, value, reference),
                 "use \"by\", or choose other rows");
  }
  return math::log(value / reference);
}

/// Returns the number to test for each seed: its value, or the difference or log ratio of its value and that of the rows in `versus`.
std::vector<double> compared(const study::Claim& claim, const ClaimValues& first, const tables::ResultTable& table, Question::Scale scale) {
  std::vector<double> values;
  const ClaimValues second = claim.versus.empty() ? ClaimValues{} : claim_values(claim, claim.versus, table);
  for (const auto& [seed, by_axis] : first) {
    const double value = by_axis.begin()->second;
    if (claim.versus.empty()) {
      values.push_back(claim.test == study::ClaimTest::kEqual ? value - claim.than.value_or(0.0) : value);
      continue;
    }
    const auto other = second.find(seed);
    if (other == second.end()) continue;  // no row of this seed matches `versus`
    const double reference = other->second.begin()->second;
    values.push_back(scale == Question::Scale::kLog ? log_ratio(claim, seed, value, reference) : value - reference);
  }
  if (values.empty()) refuse_claim(claim, "no seed has both rows of \"where\" and rows of \"versus\"", "compare rows of the same seeds");
  return values;
}

Question ask(const study::Claim& claim, const tables::ResultTable& table) {
  const ClaimValues first = claim_values(claim, "", table);
  Question question;
  question.scale = claim.by_factor ? Question::Scale::kLog : Question::Scale::kLinear;
  const double margin = claim.by_factor ? math::log(*claim.by_factor) : claim.by;
  if (!claim.within.empty()) {
    question.low = claim.within[0];
    question.high = claim.within[1];
  }
  switch (claim.test) {
    case study::ClaimTest::kGreater:
      question.bounds = Question::Bounds::kOpen;
      question.low = claim.versus.empty() ? *claim.than : margin;
      break;
    case study::ClaimTest::kLess:
      question.bounds = Question::Bounds::kOpen;
      question.high = claim.versus.empty() ? *claim.than : -margin;
      break;
    case study::ClaimTest::kEqual:
      question.low = 0.0 - claim.tolerance.value_or(0.0);
      question.high = claim.tolerance.value_or(0.0);
      break;
    case study::ClaimTest::kRange:
      if (claim.than) question.high = *claim.than;
      if (!claim.every_seed) {
        question.values = {spread(claim, means_along(first), "")};
        return question;
      }
      for (const auto& [seed, by_axis] : first) question.values.push_back(spread(claim, by_axis, of_seed(seed)));
      return question;
    case study::ClaimTest::kSlope:
      for (const auto& [seed, by_axis] : first) question.values.push_back(log_slope(claim, by_axis, of_seed(seed)));
      return question;
    case study::ClaimTest::kWithin:
      break;
  }
  question.values = compared(claim, first, table, question.scale);
  return question;
}

bool is_exact(const study::Claim& claim) { return claim.test == study::ClaimTest::kEqual && !claim.tolerance; }

/// Throws Error(kUsage) if infinite numbers leave no mean or no difference, because the verdict would then rest on NaN.
void need_numbers(const study::Claim& claim, const Question& question, const tables::SampleSummary& summary) {
  const bool has_nan = std::any_of(question.values.begin(), question.values.end(), [](double value) { return std::isnan(value); });
  const bool asks_mean = !claim.every_seed && !is_exact(claim) && summary.n >= 2;
  if (!has_nan && !(asks_mean && std::isnan(summary.ci95_low))) return;
  refuse_claim(claim, "its rows hold infinite numbers, which have no mean and no difference",
               "leave the runs that diverged out of \"where\", or ask \"every_seed\"");
}

study::Verdict decide(const study::Claim& claim, const Question& question, const tables::SampleSummary& summary) {
  const auto held = std::count_if(question.values.begin(), question.values.end(), [&](double value) { return question.holds(value); });
  const bool of_means = claim.test == study::ClaimTest::kRange && !claim.every_seed;
  if (is_exact(claim))
    return held == static_cast<std::ptrdiff_t>(question.values.size()) ? study::Verdict::kConfirmed : study::Verdict::kRefuted;
  if (claim.every_seed || of_means) {
    if (held == static_cast<std::ptrdiff_t>(question.values.size())) return study::Verdict::kConfirmed;
    return held == 0 ? study::Verdict::kRefuted : study::Verdict::kUndecided;
  }
  if (summary.n < 2) return study::Verdict::kUndecided;
  if (question.holds(summary.ci95_low) && question.holds(summary.ci95_high)) return study::Verdict::kConfirmed;
  const bool below = summary.ci95_high < question.low || (question.bounds == Question::Bounds::kOpen && summary.ci95_high == question.low);
  const bool above = summary.ci95_low > question.high || (question.bounds == Question::Bounds::kOpen && summary.ci95_low == question.high);
  return below || above ? study::Verdict::kRefuted : study::Verdict::kUndecided;
}

std::string threshold_text(const Question& question) {
  const auto number = [&](double value) {
    return fmt::format("{:.6g}", question.scale == Question::Scale::kLog ? math::exp(value) : value);
  };
  if (question.low == question.high) return "= " + number(question.low);
  const char* equals = question.bounds == Question::Bounds::kOpen ? "" : "=";
  if (question.high == kInfinity) return fmt::format(">{} {}", equals, number(question.low));
  if (question.low == -kInfinity) return fmt::format("<{} {}", equals, number(question.high));
  return "in [" + number(question.low) + ", " + number(question.high) + "]";
}

}  // namespace

DecidedClaim decide_claim(const study::Claim& claim, const std::function<const tables::ResultTable&(const std::string&)>& tables) {
  const Question question = ask(claim, tables(claim.metric.substr(0, claim.metric.find('.'))));
  const tables::SampleSummary summary = tables::summarize(question.values);
  need_numbers(claim, question, summary);
  const auto shown = [&](double value) { return question.scale == Question::Scale::kLog ? math::exp(value) : value; };
  return {claim,
          summary.n,
          shown(summary.mean),
          shown(summary.ci95_low),
          shown(summary.ci95_high),
          threshold_text(question),
          decide(claim, question, summary)};
}

std::vector<DecidedClaim> decide_claims(const std::string& folder) {
  constexpr std::size_t kLargestTable = std::size_t{4} << 30;
  const study::Experiment experiment = study::load_experiment(folder + "/config.json", {}, study::Check::kConfigOnly);
  std::map<std::string, tables::ResultTable> loaded;
  const auto tables = [&](const std::string& name) -> const tables::ResultTable& {
    const auto known = loaded.find(name);
    if (known != loaded.end()) return known->second;
    return loaded.emplace(name, tables::ResultTable(files::read_file(folder + "/" + name + ".csv", kLargestTable))).first->second;
  };
  std::vector<DecidedClaim> decided;
  std::vector<Problem> problems;
  for (const study::Claim& claim : experiment.base.claims) {
    try {
      decided.push_back(decide_claim(claim, tables));
    } catch (const Error& error) {
      if (error.code() != ExitCode::kUsage) throw;  // a fault of the results folder, not of the claim
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  }
  if (!problems.empty()) throw Error(ExitCode::kUsage, problems);
  return decided;
}

std::string claims_csv(const std::vector<DecidedClaim>& claims) {
  static const std::vector<tables::Column> columns = {{"id", "string", "as in the config"},
                                                      {"source", "string", "where the statement comes from"},
                                                      {"statement", "string", "as in the config"},
                                                      {"metric", "string", "table.column, or the difference of two"},
                                                      {"n", "integer", "how many numbers were tested"},
                                                      {"observed", "number", "the mean of these numbers; for factors the geometric mean"},
                                                      {"ci95_low", "number", "95 % t interval of the mean"},
                                                      {"ci95_high", "number", "95 % t interval of the mean"},
                                                      {"threshold", "string", "the bound or interval that the claim names"},
                                                      {"verdict", "string", "confirmed, refuted or undecided"},
                                                      {"expected", "string", "the verdict that the config expects"}};
  std::string text = tables::joined_names(columns) + '\n';
  for (const DecidedClaim& decided : claims) {
    const study::Claim& claim = decided.claim;
    text += tables::joined_fields(columns, {{"id", claim.id},
                                            {"source", claim.source},
                                            {"statement", claim.statement},
                                            {"metric", claim.minus.empty() ? claim.metric : claim.metric + " - " + claim.minus},
                                            {"n", static_cast<Index>(decided.n)},
                                            {"observed", decided.observed},
                                            {"ci95_low", tables::cell_or_empty(decided.ci95_low)},
                                            {"ci95_high", tables::cell_or_empty(decided.ci95_high)},
                                            {"threshold", decided.threshold},
                                            {"verdict", study::verdict_text(decided.verdict)},
                                            {"expected", study::verdict_text(claim.expect)}});
    text += '\n';
  }
  return text;
}

}  // namespace normrun::report
