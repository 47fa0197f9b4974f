#include "report/results/words.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "fmt/format.h"
#include "tables/record.hpp"

namespace normrun::report {

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

std::string score(double accuracy) {
  if (accuracy == 0.0) return "0";
  return std::abs(accuracy) >= 9.5e-4 ? fmt::format("{:.1f} %", 100.0 * accuracy) : percent(accuracy);
}

std::string exact_digits(double value) {
  constexpr double kLargestWhole = 1e15;
  const bool is_whole = std::abs(value) < kLargestWhole && value == std::floor(value);
  return is_whole ? std::to_string(static_cast<std::int64_t>(value)) : tables::shortest(value);
}

std::string in_unit(double value, Unit unit) {
  switch (unit) {
    case Unit::kShare:
      return percent(value);
    case Unit::kScore:
      return score(value);
    case Unit::kNumber:
      break;
  }
  return shown(value);
}

std::string spoken_norm(const std::string& norm) {
  if (norm == "none") return "no normalization layer";
  if (norm == "batch" || norm == "layer" || norm == "group" || norm == "instance" || norm == "rms" || norm == "power")
    return norm + " norm";
  return norm;
}

std::string spoken_mode(const std::string& mode) {
  if (mode == "eval" || mode == "train") return mode + " mode";
  if (mode == "population" || mode == "pooled") return mode + " statistics";
  return spoken_word(mode);
}

std::string spoken_word(std::string_view word) {
  std::string words(word);
  std::replace(words.begin(), words.end(), '-', ' ');
  return words;
}

}  // namespace normrun::report
