#pragma once

#include <string>
#include <string_view>

namespace normrun::report {

/// Returns the value with three significant digits: 0.0123, 1.5, 12300, 1.2e-05.
std::string shown(double value);
/// Returns a share as "79 %", "0.31 %" or "0".
std::string percent(double share);
/// Returns an accuracy or a difference of accuracies as "93.5 %" or "0".
std::string score(double accuracy);
/// Returns all digits of a number; whole numbers have no exponent.
std::string exact_digits(double value);

/// What a number is, which decides how people read it.
enum class Unit { kNumber, kShare, kScore };
std::string in_unit(double value, Unit unit);

/// Returns "batch norm" and the like for the built-in norms, and the name itself for all others.
std::string spoken_norm(const std::string& norm);
/// Returns "eval mode", "population statistics", "batch average" and the like.
std::string spoken_mode(const std::string& mode);
/// Returns a word of a table as people read it: "cold start" for "cold-start".
std::string spoken_word(std::string_view word);

}  // namespace normrun::report
