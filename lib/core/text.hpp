#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace normrun {

/// How many characters of UTF-8 a text has: its width on a terminal where each takes one column.
std::size_t characters_of(std::string_view text);
/// The text, or where it has more than `limit` characters its first (limit - 1) characters and an ellipsis.
std::string shortened(std::string_view text, std::size_t limit);
/// Breaks a text at blanks into lines of at most `width` characters.  The first line starts with the indent `first`, the others with
/// `next`.  A percent sign stays with its number.  No line end follows the last line.
std::string wrapped(std::string_view text, std::size_t width, const std::string& first, const std::string& next);

/// Whether a text holds characters that end a line, ring a bell or are none to see: C0, DEL and C1 of UTF-8.
bool has_control_characters(std::string_view text);

}  // namespace normrun
