#pragma once

#include <string>
#include <string_view>

namespace normrun {

/// A text as HTML and XML show it, in elements and in quoted attributes.  Characters that XML forbids become U+FFFD.
std::string escaped(std::string_view text);

/// Three significant digits: 0.0123, 1.5, 12300, 1.2e-05.
std::string shown(double value);
/// "79 %", "0.31 %", "0".
std::string percent(double share);

/// The first characters of a text and an ellipsis, where it has more than `limit` of them.
std::string shortened(std::string_view text, std::size_t limit);

/// A file's contents as a link to download it holds them.
std::string data_link(std::string_view csv);

/// "batch norm" for the built-in norms, the name itself for the others.
std::string spoken_norm(const std::string& norm);

}  // namespace normrun
