#pragma once

#include <map>
#include <string>

#include "study/claim.hpp"
#include "tables/csv_table.hpp"

namespace normrun::report {

[[noreturn]] void refuse_claim(const study::Claim& claim, const std::string& what, const std::string& hint);

/// A claim's values, by seed and then by the value of its axis ("" for a claim without an axis).
using ClaimValues = std::map<long, std::map<std::string, double>>;

/// Returns the values of the rows that match the claim's `where`.  `changes` is a JSON object whose keys replace those of `where`, or "".
/// Only the final state of each run counts, unless `where` has the key "step" or "epoch".  A list matches any of its values, and
/// "eval_batch_size": "train" matches the run's own batch size.  Throws Error(kUsage) if no row with a value matches, if a value is NaN, or
/// if several rows of one seed (and one value of the axis) match and the claim does not reduce them to one number.
ClaimValues claim_values(const study::Claim& claim, const std::string& changes, const tables::ResultTable& table);

}  // namespace normrun::report
