#include "config/options/range_text.hpp"

#include <cmath>

#include "config/json/json.hpp"
#include "config/json/words.hpp"

namespace normrun::config {
namespace {

template <class Number>
std::string bounds_text(Number low, Number high, std::string_view low_sign, std::string_view high_sign, bool has_low, bool has_high) {
  const auto text = [](Number number) { return compact_text(JsonValue(number)); };
  if (has_low && has_high && low_sign == ">=" && high_sign == "<=") return "between " + text(low) + " and " + text(high);
  std::string bounds;
  if (has_low) bounds.append(low_sign).append(" ").append(text(low));
  if (has_low && has_high) bounds += " and ";
  if (has_high) bounds.append(high_sign).append(" ").append(text(high));
  return bounds;
}

std::string with_range(const std::string& what, const std::string& range) { return range.empty() ? what : what + ' ' + range; }

}  // namespace

std::string range_text(const Range& range) {
  return bounds_text(range.low, range.high, range.low_open ? ">" : ">=", range.high_open ? "<" : "<=", std::isfinite(range.low),
                     std::isfinite(range.high));
}

std::string range_text(const IntegerRange& range) {
  const IntegerRange all;
  return bounds_text(range.low, range.high, ">=", "<=", range.low != all.low, range.high != all.high);
}

std::string expected_number(const Range& range) { return with_range("a number", range_text(range)); }

std::string expected_integer(const IntegerRange& range) { return with_range("a whole number", range_text(range)); }

std::string expected_count(const IntegerRange& range, const std::vector<std::string_view>& words) {
  const std::string number = expected_integer(range);
  if (words.empty()) return number + " or a text";
  return number + (words.size() == 1 ? " or " : ", ") + quoted_words(words);
}

}  // namespace normrun::config
