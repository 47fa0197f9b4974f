#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/grid/grid.hpp"
#include "config/json/json.hpp"

namespace normrun::config {

/// An axis of a list's values; `where(i)` names the i-th in a problem.
Axis make_axis(std::string key, const JsonValue& list, std::string origin, const std::function<std::string(std::size_t)>& where,
               std::vector<Problem>& problems);

/// The axis that a grid's member is: a list of values, a value that stands alone, or a range of seeds.
Axis read_axis(const std::string& key, const JsonValue& values, const std::string& origin,
               const std::function<std::string(std::size_t)>& where, std::vector<Problem>& problems);

}  // namespace normrun::config
