#include "report/claims/question.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "core/eigen.hpp"
#include "core/elementary.hpp"
#include "core/error.hpp"
#include "fmt/format.h"
#include "report/claims/claim_rows.hpp"

namespace normrun::report {
namespace {

using nlohmann::json;

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

/// Returns `first` compared with `second`, for each seed that has both: their differences, or the logarithms of their ratios.
std::map<long, double> contrast(const study::Claim& claim, const ClaimValues& first, const ClaimValues& second) {
  std::map<long, double> contrasts;
  for (const auto& [seed, by_axis] : first) {
    const auto other = second.find(seed);
    if (other == second.end()) continue;  // no row of this seed matches `versus`
    const double value = by_axis.begin()->second;
    const double reference = other->second.begin()->second;
    contrasts[seed] = claim.by_factor ? log_ratio(claim, seed, value, reference) : value - reference;
  }
  return contrasts;
}

std::string merged(const std::string& changes, const std::string& more) {
  json both = json::parse(changes);
  both.merge_patch(json::parse(more));
  return both.dump();
}

/// Returns the number to test for each seed: its value; or, with `versus`, its contrast to those rows; or, with `beside` too, by how much
/// that contrast exceeds the contrast of the rows in `beside`.
std::vector<double> compared(const study::Claim& claim, const ClaimValues& first, const tables::ResultTable& table) {
  std::vector<double> values;
  values.reserve(first.size());
  if (claim.versus.empty()) {
    const double reference = claim.test == study::ClaimTest::kEqual ? claim.than.value_or(0.0) : 0.0;
    for (const auto& [seed, by_axis] : first) values.push_back(by_axis.begin()->second - reference);
    return values;
  }
  const std::map<long, double> contrasts = contrast(claim, first, claim_values(claim, claim.versus, table));
  std::map<long, double> subtracted;
  if (!claim.beside.empty()) {
    subtracted = contrast(claim, claim_values(claim, claim.beside, table), claim_values(claim, merged(claim.versus, claim.beside), table));
  }
  for (const auto& [seed, value] : contrasts) {
    if (claim.beside.empty()) {
      values.push_back(value);
    } else if (subtracted.contains(seed)) {
      values.push_back(value - subtracted.at(seed));
    }
  }
  if (values.empty()) {
    refuse_claim(
        claim,
        "no seed has both rows of \"where\" and rows of " + std::string(claim.beside.empty() ? "\"versus\"" : "\"versus\" and \"beside\""),
        "compare rows of the same seeds");
  }
  return values;
}

}  // namespace

double Question::shown(double value) const { return scale == Scale::kLog ? math::exp(value) : value; }

bool is_exact(const study::Claim& claim) { return claim.test == study::ClaimTest::kEqual && !claim.tolerance; }

bool is_decided_by_interval(const study::Claim& claim) {
  return !claim.every_seed && !is_exact(claim) && claim.test != study::ClaimTest::kRange;
}

double named_margin(const study::Claim& claim) {
  if (claim.margin) return *claim.margin;
  if (claim.by_factor && *claim.by_factor != 1.0) return std::abs(math::log(*claim.by_factor));
  if (claim.by > 0.0) return claim.by;
  if (claim.tolerance) return *claim.tolerance;
  if (!claim.within.empty()) return 0.5 * (claim.within[1] - claim.within[0]);
  return std::nan("");
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
    case study::ClaimTest::kNotLess:
      question.bounds = Question::Bounds::kOpen;
      question.low = -*claim.margin;
      break;
    case study::ClaimTest::kNotGreater:
      question.bounds = Question::Bounds::kOpen;
      question.high = *claim.margin;
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
  question.values = compared(claim, first, table);
  return question;
}

void need_numbers(const study::Claim& claim, const Question& question, const tables::SampleSummary& summary) {
  const bool has_nan = std::any_of(question.values.begin(), question.values.end(), [](double value) { return std::isnan(value); });
  const bool asks_mean = !claim.every_seed && !is_exact(claim) && summary.n >= 2;
  if (!has_nan && !(asks_mean && std::isnan(summary.ci95_low))) return;
  refuse_claim(claim, "its rows hold infinite numbers, which have no mean and no difference",
               "leave the runs that diverged out of \"where\", or ask \"every_seed\"");
}

}  // namespace normrun::report
