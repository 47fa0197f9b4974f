#pragma once

#include <string>
#include <string_view>

namespace normrun {

/// Three significant digits: 0.0123, 1.5, 12300, 1.2e-05.
std::string shown(double value);
/// "79 %", "0.31 %", "0".
std::string percent(double share);

/// Characters of UTF-8, not bytes.
std::size_t characters_of(std::string_view text);
/// The first characters of a text and an ellipsis, where it has more than `limit` of them.
std::string shortened(std::string_view text, std::size_t limit);

/// "batch norm" for the built-in norms, the name itself for the others.
std::string spoken_norm(const std::string& norm);

}  // namespace normrun
