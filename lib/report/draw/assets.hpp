#pragma once

#include <string_view>

namespace normrun::report {

/// report.css and report.js, compiled in; the script that makes the figures interactive and the licences of the packages in it,
/// both empty in a build without npm.
extern const std::string_view kReportStyle;
extern const std::string_view kReportScript;
extern const std::string_view kInteractiveScript;
extern const std::string_view kInteractiveLicences;

}  // namespace normrun::report
