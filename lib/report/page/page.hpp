#pragma once

#include <string>
#include <vector>

#include "report/advice/advice.hpp"

namespace normrun::report {

struct ReportPage {
  std::string html;
  std::vector<std::string> missing;  // one line for each figure or section that could not be drawn; the page shows these lines too
};

/// Returns the report of a results folder: one HTML file that needs no other file and no network.  The same files give the same bytes,
/// because the page holds no times.  `advice` is the advice on these results.  A figure or section that fails is left out, and the others
/// are drawn.
ReportPage report_page(const ResultsFolder& results, const std::vector<Advice>& advice);

}  // namespace normrun::report
