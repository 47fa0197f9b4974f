#pragma once

#include <string>

#include "report/results/results.hpp"

namespace normrun::app {

report::ProgramInfo program_info();
/// "normrun 0.1.0 (revision), compiler, instruction set".
std::string version_text();
/// The day of the commit, or of the build outside a checkout (SOURCE_DATE_EPOCH where it is set), as 2026-01-31.
std::string source_date();

}  // namespace normrun::app
