#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace normrun {

/// Counts the UTF-8 characters of a text.  This is its width on a terminal if each character takes one column.
std::size_t characters_of(std::string_view text);
/// Returns the text.  If it has more than `limit` characters, returns its first (limit - 1) characters and an ellipsis.
std::string shortened(std::string_view text, std::size_t limit);
/// Breaks a text at blanks into lines of at most `width` characters.  The first line starts with the indent `first`, the others with
/// `next`.  A percent sign stays with its number.  No line end follows the last line.
std::string wrapped(std::string_view text, std::size_t width, const std::string& first, const std::string& next);

/// Whether a text holds control characters (C0, DEL or C1), which end a line, ring a bell or are invisible.
bool has_control_characters(std::string_view text);

}  // namespace normrun
