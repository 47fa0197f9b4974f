#pragma once

#include <string_view>

namespace normrun {

/// report.css and report.js, compiled in.
extern const std::string_view kReportStyle;
extern const std::string_view kReportScript;

}  // namespace normrun
