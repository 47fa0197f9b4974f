#pragma once

#include <string>

#include "report/advice/advice.hpp"

namespace normrun::report {

/// The report of a results folder: one HTML file that needs no other and asks no network.  It is the same bytes for the same
/// files; times are left out.  `advice`: of these results.
std::string report_html(const ResultsFolder& results, const std::vector<Advice>& advice);

}  // namespace normrun::report
