#pragma once

#include <string_view>

namespace normrun::report {

/// Files compiled into the program: report.css and report.js.
extern const std::string_view kReportStyle;
extern const std::string_view kReportScript;

}  // namespace normrun::report
