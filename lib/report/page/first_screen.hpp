#pragma once

#include <string>
#include <vector>

#include "report/advice/advice.hpp"
#include "report/page/page_parts.hpp"
#include "report/page/settings.hpp"

namespace normrun::report {

/// Returns the sentences that also end the summary on the terminal, followed by what is missing from the results: runs that failed, and
/// settings that were not compared.
std::string finding_element(const ResultsFolder& results, const PageSettings& settings);

/// Returns what the page opens with: the gap as a picture, and a card for each setting that needs something.
std::string first_screen(const ResultsFolder& results, const PageSettings& settings, const std::vector<Advice>& advice, PageParts& parts);

}  // namespace normrun::report
