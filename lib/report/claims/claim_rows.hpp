#pragma once

#include <map>
#include <string>

#include "study/claim.hpp"
#include "tables/csv_table.hpp"

namespace normrun::report {

[[noreturn]] void refuse_claim(const study::Claim& claim, const std::string& what, const std::string& hint);

/// A claim's values: by seed, then by the value of its axis ("" where it has none).
using ClaimValues = std::map<long, std::map<std::string, double>>;

/// The values of the rows that `where` (JSON, with `changes` on top) means; the final state of each run unless `where`
/// names a step or an epoch.  A list means any of its values; "eval_batch_size": "train" means the run's own batch size.
/// Throws Error(kUsage) where there are none, several of one run, or a NaN among them.
ClaimValues claim_values(const study::Claim& claim, const std::string& changes, const tables::ResultTable& table);

}  // namespace normrun::report
