#pragma once

#include <functional>
#include <string>
#include <vector>

#include "study/claim.hpp"
#include "tables/csv_table.hpp"

namespace normrun::report {

/// A claim and what the tables say about it.
struct DecidedClaim {
  study::Claim claim;
  std::size_t n = 0;      // the number of seeds
  double observed = 0.0;  // the mean of the tested number over the seeds; with by_factor, the geometric mean of ratios
  double ci95_low = 0.0;  // NaN if there is one seed
  double ci95_high = 0.0;
  double sd = 0.0;        // of the tested numbers, with by_factor of their logarithms; NaN if there is one seed
  std::string threshold;  // "> 0.05", "in [-0.6, -0.4]", "= 0"
  study::Verdict verdict = study::Verdict::kUndecided;
};

/// Decides one claim.  `tables` returns a table of the results by its name ("compare").  A claim is confirmed if its whole 95 % interval
/// lies on the claimed side, refuted if the whole interval lies on the other side, and undecided otherwise or with a single seed.  With
/// `every_seed`, a claim is confirmed if it holds for all seeds and refuted if it holds for none.
/// Throws Error(kUsage) for an unknown table or column, for missing rows, for several rows of one run, and for numbers that answer nothing:
/// a NaN, a ratio or slope of numbers that are not positive, or an axis of one value.
DecidedClaim decide_claim(const study::Claim& claim, const std::function<const tables::ResultTable&(const std::string&)>& tables);

/// Decides all claims of a results folder from its config.json and its CSVs.  Throws Error(kUsage) with the problems of all claims that
/// cannot be decided.
std::vector<DecidedClaim> decide_claims(const std::string& folder);

/// Returns the text of claims.csv.
std::string claims_csv(const std::vector<DecidedClaim>& claims);

}  // namespace normrun::report
