#pragma once

#include <string>
#include <vector>

#include "report/advice/advice.hpp"

namespace normrun::report {

struct ReportPage {
  std::string html;
  std::vector<std::string> missing;  // a line for each figure or section that could not be drawn, which the page says too
};

/// The report of a results folder: one HTML file that needs no other and asks no network.  It is the same bytes for the same
/// files; times are left out.  `advice`: of these results.  A figure or section that fails is left out, and the others are drawn.
ReportPage report_page(const ResultsFolder& results, const std::vector<Advice>& advice);

}  // namespace normrun::report
