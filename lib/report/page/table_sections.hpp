#pragma once

#include <string>

#include "report/page/page_parts.hpp"
#include "report/results/results_folder.hpp"

namespace normrun::report {

/// The settings' means, then the first rows of the tables that people read.
std::string tables_section(const ResultsFolder& results, PageParts& parts);

}  // namespace normrun::report
