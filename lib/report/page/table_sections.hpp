#pragma once

#include <string>

#include "report/page/page_parts.hpp"
#include "report/results/results_folder.hpp"

namespace normrun::report {

/// Returns the means of the settings, then the first rows of the tables that people read.
std::string tables_section(const ResultsFolder& results, PageParts& parts);

}  // namespace normrun::report
