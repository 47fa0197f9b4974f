#pragma once

#include <string>

#include "report/draw/figure.hpp"

namespace normrun::report {

/// The number of rows that a table of the page shows at most.
inline constexpr std::size_t kMostTableRows = 200;

/// Returns a table with a scroll bar of its own.  It shows rounded numbers but keeps all digits for sorting.  At most `most` rows are
/// shown.  `units` says how the columns are read; columns beyond it hold plain numbers.  `all` is the number of rows that exist; the table
/// may hold fewer.
std::string table_element(const std::string& name, const DataTable& table, std::size_t all, const std::vector<Unit>& units = {},
                          std::size_t most = kMostTableRows);

/// Returns a figure with its caption, legend and pictures, and with its numbers as a table and as links that save them.  Returns ""
/// if there is nothing to draw.
std::string figure_element(Figure figure);

}  // namespace normrun::report
