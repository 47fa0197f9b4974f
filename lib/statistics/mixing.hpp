#pragma once

#include <optional>
#include <string_view>

#include "core/matrix.hpp"

namespace normrun::statistics {

/// How much the statistics of the rows that are being judged count beside the stored ones, in an eval mode that mixes both:
///   mean = (1 - w) stored mean + w own mean, and the variance by one of two rules
struct Mixing {
  /// kLinear: the mean of both variances, weighted in the same way (Schneider et al. 2020, eq. 3).  kPooled: the variance of both
  /// distributions together, which also contains the difference of their means, w (1 - w) (own mean - stored mean)^2 (Summers and Dinneen
  /// 2020, section 3.1).
  enum class Variance { kLinear, kPooled };

  double weight = 0.0;                // w, unless pseudo_rows is given
  std::optional<double> pseudo_rows;  // N: the stored statistics count as N rows, so w = n / (N + n) for n rows
  Variance variance = Variance::kLinear;

  double weight_of(Index rows) const {
    return pseudo_rows ? static_cast<double>(rows) / (static_cast<double>(rows) + *pseudo_rows) : weight;
  }
};

/// The names of the modes that mix, with a number in place of <…>.
inline constexpr std::string_view kMixedByRows = "mixed-<N>-rows";
inline constexpr std::string_view kMixedByWeight = "mixed-<weight>";

/// Returns what the name of a mode says: "mixed-16-rows" for pseudo_rows and kLinear, "mixed-0.1" for a weight and kPooled.  Returns
/// nothing for any other name, for a weight above 1, and where there is no number.
std::optional<Mixing> mixing_of(std::string_view mode);

}  // namespace normrun::statistics
