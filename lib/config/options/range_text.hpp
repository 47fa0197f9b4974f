#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/options/options.hpp"

namespace normrun::config {

/// Describes a range: ">= 1", "between 0 and 1", "> 0 and < 1", or "" if it has no limits.
std::string range_text(const Range& range);
std::string range_text(const IntegerRange& range);
/// These write what an option expects: "a number > 0", "a whole number >= 1", `a whole number >= 1, "train" or "all"`.
std::string expected_number(const Range& range);
std::string expected_integer(const IntegerRange& range);
std::string expected_count(const IntegerRange& range, const std::vector<std::string_view>& words);

}  // namespace normrun::config
