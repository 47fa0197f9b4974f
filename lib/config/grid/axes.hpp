#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/grid/grid.hpp"
#include "config/json/json.hpp"

namespace normrun::config {

/// Makes an axis of a list's values.  Appends to `problems` if the list has no values, if values or labels are equal, or if an object has
/// no label.  In these problems `origin` stands for the axis, and `where(i)` for its i-th value.
Axis make_axis(std::string key, const JsonValue& list, std::string origin, const std::function<std::string(std::size_t)>& where,
               std::vector<Problem>& problems);

/// Makes the axis that a member of "grid" describes.  The member is a list of values, a single value, or a range of seeds.
Axis read_axis(const std::string& key, const JsonValue& values, const std::string& origin,
               const std::function<std::string(std::size_t)>& where, std::vector<Problem>& problems);

}  // namespace normrun::config
