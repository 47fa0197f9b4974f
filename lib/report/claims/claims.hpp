#pragma once

#include <functional>
#include <string>
#include <vector>

#include "study/claim.hpp"
#include "tables/csv_table.hpp"

namespace normrun::report {

/// A claim and what the tables say of it.
struct DecidedClaim {
  study::Claim claim;
  std::size_t n = 0;      // seeds
  double observed = 0.0;  // mean over the seeds of what was tested; a ratio for by_factor
  double ci95_low = 0.0;  // NaN for one seed
  double ci95_high = 0.0;
  std::string threshold;  // "> 0.05", "in [-0.6, -0.4]", "= 0"
  study::Verdict verdict = study::Verdict::kUndecided;
};

/// Decides one claim.  `tables` gives a table of the results by name ("compare").  confirmed: the whole 95 % interval lies
/// on the claimed side; refuted: all of it on the other; undecided: neither, or a single seed.  With `every_seed`:
/// confirmed where it holds for all seeds, refuted where it holds for none.
/// Throws Error(kUsage) for an unknown table or column, for rows that are missing, for several rows of one run, and where the
/// rows' numbers answer nothing: a NaN, a ratio or a slope of numbers that are not positive, an axis of one value.
DecidedClaim decide_claim(const study::Claim& claim, const std::function<const tables::ResultTable&(const std::string&)>& tables);

/// The claims of a results folder, decided from its config.json and its CSVs.  Throws Error(kUsage) with the problems of all
/// claims that cannot be decided.
std::vector<DecidedClaim> decide_claims(const std::string& folder);

/// claims.csv.
std::string claims_csv(const std::vector<DecidedClaim>& claims);

}  // namespace normrun::report
