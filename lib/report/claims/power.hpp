#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/claims/claims.hpp"

namespace normrun::report {

/// The power that a claim should have: how often the verdict is to come out if the truth lies the claim's margin away from its bound.
inline constexpr double kWantedPower = 0.8;

/// Whether a claim has seeds enough for the margin that it names itself.  The effect that was observed plays no part: only the spread over
/// the seeds, as if the truth lay the margin beyond the bound (or, for an interval, in its middle).
struct ClaimPower {
  std::string id;
  std::size_t n = 0;
  double sd = 0.0;                   // of the tested numbers, with by_factor of their logarithms
  double margin = 0.0;               // in the same units; NaN if the claim names none
  std::optional<double> power;       // with n seeds
  std::optional<std::size_t> seeds;  // the fewest that give kWantedPower; 0: more than a hundred thousand
  std::string note;                  // why there is no power, or ""
};

/// Judges the power of a decided claim.  A claim that asks each seed by itself, or for exact equality, has none.
ClaimPower power_of(const DecidedClaim& decided);

/// Returns the claims' powers as CSV.
std::string powers_csv(const std::vector<ClaimPower>& powers);

}  // namespace normrun::report
