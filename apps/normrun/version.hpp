#pragma once

#include <string>

#include "report/results/results.hpp"

namespace normrun::app {

report::ProgramInfo program_info();
/// Returns "normrun 0.1.0 (revision)", the compiler and the instruction set.
std::string version_text();
/// Returns the date of the commit or, outside of a checkout, of the build (SOURCE_DATE_EPOCH if it is set): 2026-01-31.
std::string source_date();

}  // namespace normrun::app
