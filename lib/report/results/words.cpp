#include "report/results/words.hpp"

#include <cmath>

#include "fmt/format.h"

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

std::string spoken_norm(const std::string& norm) {
  if (norm == "none") return "no normalization";
  if (norm == "batch" || norm == "layer" || norm == "group" || norm == "instance" || norm == "rms") return norm + " norm";
  return norm;
}

}  // namespace normrun::report
