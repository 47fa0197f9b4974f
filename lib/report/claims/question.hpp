#pragma once

#include <limits>
#include <vector>

#include "study/claim.hpp"
#include "tables/csv_table.hpp"
#include "tables/t_interval.hpp"

namespace normrun::report {

/// The number that is tested for each seed, and the interval in which the claim holds.
struct Question {
  std::vector<double> values;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  enum class Bounds { kOpen, kClosed } bounds = Bounds::kClosed;
  enum class Scale { kLinear, kLog } scale = Scale::kLinear;

  bool holds(double value) const { return bounds == Bounds::kOpen ? value > low && value < high : value >= low && value <= high; }
  /// Returns a number of this question as users read it: with `by_factor` a ratio in place of its logarithm.
  double shown(double value) const;
};

/// Returns the claim as a question to numbers.  Throws Error(kUsage) where the rows hold no answer (see decide_claim).
Question ask(const study::Claim& claim, const tables::ResultTable& table);

/// Returns whether the claim says that numbers are exactly equal, so that a single one that differs refutes it.
bool is_exact(const study::Claim& claim);
/// Returns whether the t interval over the seeds decides the claim, rather than each number by itself.
bool is_decided_by_interval(const study::Claim& claim);
/// Returns how far from its bound the claim wants a value to be told from it, in the units of `question.values` (logarithms with
/// `by_factor`), or NaN if the claim names no such margin: `margin`, else `by`, `by_factor`, the tolerance, or half of `within`.
double named_margin(const study::Claim& claim);

/// Throws Error(kUsage) if infinite numbers leave no mean or no difference, because the verdict would then rest on NaN.
void need_numbers(const study::Claim& claim, const Question& question, const tables::SampleSummary& summary);

}  // namespace normrun::report
