#pragma once

#include <string>
#include <vector>

#include "config/grid/grid.hpp"
#include "config/options/document.hpp"

namespace normrun::study {

/// Checks the names in a document's claims, because a wrong one would leave its claim undecided after the whole sweep.  Appends a problem
/// for every metric, and every column under "where", "versus" or "axis", that no table of the experiment will have, and for every id that
/// two claims have.  `file_axes` are the keys that the file itself sweeps.  A claim about such a key is correct even if an override has
/// fixed the key.
void check_claims(const config::Document& document, const config::Grid& grid, const std::vector<std::string>& file_axes,
                  std::vector<Problem>& problems);

}  // namespace normrun::study
