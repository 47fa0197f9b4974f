#pragma once

#include <map>
#include <string>

#include "study/claim.hpp"
#include "tables/csv_table.hpp"

namespace normrun::report {

[[noreturn]] void refuse_claim(const study::Claim& claim, const std::string& what, const std::string& hint);

/// A claim's values, by seed and then by the value of its axis ("" where it has no axis).
using ClaimValues = std::map<long, std::map<std::string, double>>;

/// Returns the values of the rows that match `where`, a JSON object whose keys `changes` may replace.  Only the final state of each run
/// counts, unless `where` names a step or an epoch.  A list matches any of its values, and "eval_batch_size": "train" matches the run's own
/// batch size.  Throws Error(kUsage) where no row matches, where several rows of one run do, or where one value is NaN.
ClaimValues claim_values(const study::Claim& claim, const std::string& changes, const tables::ResultTable& table);

}  // namespace normrun::report
