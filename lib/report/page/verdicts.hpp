#pragma once

#include <string>

#include "report/results/results_folder.hpp"

namespace normrun::report {

/// Shows the verdicts that `normrun claims` wrote, or decides the claims now if it wrote none.  Returns "" if there are no claims.
std::string verdicts_section(const ResultsFolder& results);

}  // namespace normrun::report
