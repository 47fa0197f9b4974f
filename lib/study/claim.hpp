#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/options/options.hpp"

namespace normrun::study {

/// How a claim is tested.
enum class ClaimTest {
  kGreater,     // the metric is greater than a number, or than in the rows of `versus`
  kLess,        // likewise less
  kWithin,      // the metric is inside an interval
  kEqual,       // the metric is equal, exactly or within a margin
  kSlope,       // the slope of log metric against log axis is inside an interval
  kNotLess,     // the metric is not less than in the rows of `versus` by a margin or more (non-inferiority)
  kNotGreater,  // likewise not greater
  kRange,       // the highest minus the lowest value along an axis is inside an interval, or at most a number
};
/// How several rows of one run become one value.  kNone: a run may have one row only.
enum class Reduce { kNone, kMean, kMedian, kMax, kMin };
/// What a test says of a claim.  kUndecided: the runs neither confirm nor refute the claim.
enum class Verdict { kConfirmed, kRefuted, kUndecided };
std::string_view verdict_text(Verdict verdict);

/// One statement of a config's "claims": a metric, the rows that it is about, and one test.
struct Claim : config::Described {
  std::string id;
  std::string statement;
  std::string source;
  std::string metric;             // table.column
  std::string minus;              // another metric of the same table, subtracted row by row; "": none
  std::string where = "{}";       // JSON: for each column the value, or a list of values, that its cells may have
  std::string versus;             // JSON: the rows to compare with; "": the claim compares with a number
  std::string beside;             // JSON: changes of both rows; the tested number is the difference less that of the changed rows; "": none
  Reduce reduce = Reduce::kNone;  // how several rows of one run become one value
  ClaimTest test = ClaimTest::kGreater;
  std::optional<double> than;
  double by = 0.0;                  // greater: first - second > by; less: second - first > by
  std::optional<double> by_factor;  // greater: first / second > factor; less: second / first > factor; tested on logs
  std::vector<double> within;       // low, high
  std::optional<double> tolerance;  // equal: the margin; without it, values must be exactly equal
  std::optional<double> margin;     // not_less, not_greater: the margin; greater, less: how far beyond the bound a value is to be seen
  std::string axis;                 // slope and range: the column along which they are taken
  bool every_seed = false;
  Verdict expect = Verdict::kConfirmed;

  void describe(config::OptionVisitor& visitor) override;
};

}  // namespace normrun::study
