#include "golden/report.hpp"

#include <cmath>
#include <cstdio>

namespace normrun::golden {
namespace {

constexpr double kRelative = 1e-9;
constexpr double kAbsolute = 1e-12;

bool agrees(double expected, double computed) {
  if (std::isnan(expected) || std::isinf(expected)) return std::isnan(expected) ? std::isnan(computed) : computed == expected;
  return std::abs(computed - expected) <= kRelative * std::abs(expected) + kAbsolute;
}

/// How far beyond the tolerance; a NaN is the worst.
double excess(double expected, double computed) {
  const double difference = std::abs(computed - expected);
  return std::isnan(difference) ? INFINITY : difference / (kRelative * std::abs(expected) + kAbsolute);
}

/// "" where the arrays agree, else the worst element.
std::string worst_difference(const std::string& name, const std::vector<double>& expected, const std::vector<double>& computed) {
  if (expected.size() != computed.size()) {
    return name + " has " + std::to_string(computed.size()) + " numbers, expected " + std::to_string(expected.size());
  }
  std::size_t count = 0;
  std::size_t worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (agrees(expected[i], computed[i])) continue;
    if (count == 0 || excess(expected[i], computed[i]) > excess(expected[worst], computed[worst])) worst = i;
    ++count;
  }
  if (count == 0) return "";
  char line[256];
  std::snprintf(line, sizeof line, "%s[%zu] is %.17g, expected %.17g, difference %.3g (%zu of %zu differ)", name.c_str(), worst,
                computed[worst], expected[worst], computed[worst] - expected[worst], count, expected.size());
  return line;
}

}  // namespace

void Report::compare(const std::string& what, const Named& expected, const Computed& computed) {
  if (expected.empty()) return fail(what, "nothing to compare");
  std::string differences;
  for (const auto& [name, values] : expected) {
    const auto found = computed.find(name);
    const std::string difference = found == computed.end() ? name + " is not computed" : worst_difference(name, values.data, found->second);
    if (!difference.empty()) differences += (differences.empty() ? "" : "; ") + difference;
  }
  if (!differences.empty()) return fail(what, differences);
  ++passed_;
}

void Report::fail(const std::string& what, const std::string& why) {
  ++failed_;
  std::printf("failed: %s: %s\n", what.c_str(), why.c_str());
}

void Report::not_covered(const std::string& what, const std::string& op) {
  ++not_covered_;
  operations_not_covered_.insert(op);
  std::printf("not covered: %s (%s)\n", what.c_str(), op.c_str());
}

void Report::print_summary() const {
  if (!operations_not_covered_.empty()) {
    std::string operations;
    for (const std::string& op : operations_not_covered_) operations += " " + op;
    std::printf("operations not covered:%s\n", operations.c_str());
  }
  std::printf("golden: %d passed, %d failed, %d not covered\n", passed_, failed_, not_covered_);
}

}  // namespace normrun::golden
