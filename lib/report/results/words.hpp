#pragma once

#include <string>

namespace normrun::report {

/// Three significant digits: 0.0123, 1.5, 12300, 1.2e-05.
std::string shown(double value);
/// "79 %", "0.31 %", "0".
std::string percent(double share);

/// "batch norm" for the built-in norms, the name itself for the others.
std::string spoken_norm(const std::string& norm);

}  // namespace normrun::report
