#pragma once

#include <string_view>

namespace normrun::report {

/// Files compiled into the program: report.css, report.js, the script that makes the figures interactive, and the licences of the packages
/// in that script.  The last two are empty in a build without npm.
extern const std::string_view kReportStyle;
extern const std::string_view kReportScript;
extern const std::string_view kInteractiveScript;
extern const std::string_view kInteractiveLicences;

}  // namespace normrun::report
