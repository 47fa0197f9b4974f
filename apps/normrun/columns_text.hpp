#pragma once

#include <string>
#include <vector>

#include "data/column_profile.hpp"

namespace normrun::app {

/// Describes the columns of a data file, one line for each.  Returns "" if there are no columns.
std::string columns_text(const std::vector<data::ColumnProfile>& columns);
/// Describes the columns as a JSON list.
std::string columns_json(const std::vector<data::ColumnProfile>& columns);

}  // namespace normrun::app
