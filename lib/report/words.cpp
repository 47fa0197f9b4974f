#include "report/words.hpp"

#include <cmath>

#include "fmt/format.h"

namespace normrun {
namespace {

/// Inside a character of UTF-8, not its first byte.
bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

std::string shown(double value) {
  if (value == 0.0) return "0";
  const double size = std::abs(value);
  return size >= 1000.0 && size < 1e6 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::string percent(double share) {
  const double value = 100.0 * share;
  if (value == 0.0) return "0";
  return std::abs(value) >= 9.95 ? fmt::format("{:.0f} %", value) : fmt::format("{:.2g} %", value);
}

std::size_t characters_of(std::string_view text) {
  std::size_t characters = 0;
  for (const char c : text) characters += continues(c) ? 0 : 1;
  return characters;
}

std::string shortened(std::string_view text, std::size_t limit) {
  if (characters_of(text) <= limit) return std::string(text);
  std::size_t end = 0;
  for (std::size_t characters = 0; end < text.size(); ++end) {
    if (!continues(text[end]) && ++characters == limit) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string spoken_norm(const std::string& norm) {
  if (norm == "none") return "no normalization";
  if (norm == "batch" || norm == "layer" || norm == "group" || norm == "instance" || norm == "rms") return norm + " norm";
  return norm;
}

}  // namespace normrun
