#pragma once

#include <string>
#include <vector>

#include "config/grid/grid.hpp"
#include "config/options/document.hpp"

namespace normrun::study {

/// Appends what would leave a document's claims undecided after the whole sweep: a metric, or a column under "where",
/// "versus" or "axis", that no table of the experiment will have, and ids given twice.  `file_axes` are the keys that the
/// file itself sweeps: a claim about one that an override has fixed is no mistake of the file.
void check_claims(const config::Document& document, const config::Grid& grid, const std::vector<std::string>& file_axes,
                  std::vector<Problem>& problems);

}  // namespace normrun::study
