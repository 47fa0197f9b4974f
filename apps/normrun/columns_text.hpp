#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "data/column_profile.hpp"

namespace normrun::app {

/// The columns of a data file, a line each; "" where there are none.
std::string columns_text(const std::vector<data::ColumnProfile>& columns);
nlohmann::ordered_json columns_json(const std::vector<data::ColumnProfile>& columns);

}  // namespace normrun::app
