#pragma once

#include <string>

#include "report/results.hpp"

namespace normrun {

ProgramInfo program_info();
/// "normrun 0.1.0 (revision), compiler, instruction set".
std::string version_text();

}  // namespace normrun
