#include "statistics/mixing.hpp"

#include <charconv>
#include <cmath>

namespace normrun::statistics {
namespace {

/// Returns the number that stands in the text between `before` and `behind`; nothing if the text has another form or the number is
/// negative.
std::optional<double> number_between(std::string_view text, std::string_view before, std::string_view behind) {
  if (!text.starts_with(before) || !text.ends_with(behind) || text.size() <= before.size() + behind.size()) return std::nullopt;
  text = text.substr(before.size(), text.size() - before.size() - behind.size());
  double number = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
  return is_number && number >= 0.0 && !text.starts_with('-') ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<Mixing> mixing_of(std::string_view mode) {
  constexpr std::string_view kBefore = "mixed-";
  if (const std::optional<double> rows = number_between(mode, kBefore, "-rows"))
    return Mixing{.pseudo_rows = *rows, .variance = Mixing::Variance::kLinear};
  const std::optional<double> weight = number_between(mode, kBefore, "");
  if (!weight || *weight > 1.0) return std::nullopt;
  return Mixing{.weight = *weight, .pseudo_rows = std::nullopt, .variance = Mixing::Variance::kPooled};
}

}  // namespace normrun::statistics
