#pragma once

#include <optional>
#include <string_view>

#include "core/matrix.hpp"

namespace normrun::statistics {

/// How an eval mode mixes the stored statistics with those of the rows that are being judged:
///   mean = (1 - w) stored mean + w own mean, and the variance by one of two rules
struct Mixing {
  /// kLinear: the mean of the two variances, weighted in the same way (Schneider et al. 2020, eq. 3). kPooled: the variance of the two
  /// distributions taken together, which also contains the difference of their means, w (1 - w) (own mean - stored mean)^2 (Summers and
  /// Dinneen 2020, section 3.1).
  enum class Variance { kLinear, kPooled };

  double weight = 0.0;                // w, unless pseudo_rows is given
  std::optional<double> pseudo_rows;  // N: the stored statistics count as N rows, so w = n / (N + n) for n rows
  Variance variance = Variance::kLinear;

  double weight_of(Index rows) const {
    return pseudo_rows ? static_cast<double>(rows) / (static_cast<double>(rows) + *pseudo_rows) : weight;
  }
};

/// The names of the modes that mix.  <…> stands for a number.
inline constexpr std::string_view kMixedByRows = "mixed-<N>-rows";
inline constexpr std::string_view kMixedByWeight = "mixed-<weight>";

/// Returns what the name of a mode says: "mixed-16-rows" means pseudo_rows and kLinear, and "mixed-0.1" means a weight and kPooled.
/// Returns nothing for any other name, for a weight above 1, and if the number is missing.
std::optional<Mixing> mixing_of(std::string_view mode);

}  // namespace normrun::statistics
