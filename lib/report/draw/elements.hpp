#pragma once

#include <string>

#include "report/draw/figure.hpp"

namespace normrun::report {

/// The rows that a table of the page shows at most.
inline constexpr std::size_t kMostTableRows = 200;

/// A table that scrolls by itself; numbers are rounded, their digits are kept for sorting and saving.  `file`: the name under
/// which it can be saved, "" where another link does that.  `all`: the rows there are, where more than are given.
std::string table_element(const std::string& name, const std::string& file, const DataTable& table, std::size_t all);

/// A figure with its caption, legend, pictures, and its numbers as a table and as a link to save them.
std::string figure_element(const Figure& figure);

}  // namespace normrun::report
