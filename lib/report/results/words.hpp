#pragma once

#include <string>

namespace normrun::report {

/// Returns the value with three significant digits: 0.0123, 1.5, 12300, 1.2e-05.
std::string shown(double value);
/// Returns "79 %", "0.31 %" or "0".
std::string percent(double share);

/// Returns "batch norm" and the like for the built-in norms, and the name itself for all others.
std::string spoken_norm(const std::string& norm);

}  // namespace normrun::report
