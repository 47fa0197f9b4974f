#pragma once

#include <string>
#include <vector>

#include "data/column_profile.hpp"

namespace normrun::app {

/// The columns of a data file, a line each; "" where there are none.
std::string columns_text(const std::vector<data::ColumnProfile>& columns);
/// The same as the text of a JSON list.
std::string columns_json(const std::vector<data::ColumnProfile>& columns);

}  // namespace normrun::app
