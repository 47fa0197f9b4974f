#pragma once

#include <string>

#include "report/draw/figure.hpp"

namespace normrun::report {

/// The number of rows that a table of the page shows at most.
inline constexpr std::size_t kMostTableRows = 200;

/// Returns a table that scrolls by itself.  It shows rounded numbers but keeps their digits for sorting and saving.  `file` is the name
/// under which the table can be saved; it is "" where another link does that.  `all` is the number of rows that exist where the table shows
/// fewer.
std::string table_element(const std::string& name, const std::string& file, const DataTable& table, std::size_t all);

/// Returns a figure with its caption, legend and pictures, and with its numbers as a table and as a link that saves them.
std::string figure_element(const Figure& figure);

}  // namespace normrun::report
