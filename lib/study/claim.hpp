#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/options/options.hpp"

namespace normrun::study {

enum class ClaimTest { kGreater, kLess, kWithin, kEqual, kSlope, kRange };
enum class Reduce { kNone, kMean, kMax, kMin };
enum class Verdict { kConfirmed, kRefuted, kUndecided };
std::string_view verdict_text(Verdict verdict);

/// One statement of a config's "claims": a metric, the rows it means, and one test.
struct Claim : config::Described {
  std::string id;
  std::string statement;
  std::string source;
  std::string metric;             // table.column
  std::string minus;              // another metric of the same table, subtracted row by row; "" : none
  std::string where = "{}";       // JSON: column to value or list of values
  std::string versus;             // JSON: the rows to compare with; "" : a number
  Reduce reduce = Reduce::kNone;  // how several rows of one run become one value
  ClaimTest test = ClaimTest::kGreater;
  std::optional<double> than;
  double by = 0.0;                  // greater: first - second > by; less: second - first > by
  std::optional<double> by_factor;  // greater: first / second > factor; less: second / first > factor; tested on logs
  std::vector<double> within;       // low, high
  std::optional<double> tolerance;  // equal: without it, exactly
  std::string axis;                 // slope and range: the column along which
  bool every_seed = false;
  Verdict expect = Verdict::kConfirmed;

  void describe(config::OptionVisitor& visitor) override;
};

}  // namespace normrun::study
