#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace normrun {

/// Characters of UTF-8, not bytes: its width on a terminal, one column each.
std::size_t characters_of(std::string_view text);
/// The first characters of a text and an ellipsis, where it has more than `limit` of them.
std::string shortened(std::string_view text, std::size_t limit);
/// Lines of at most `width` characters, broken at blanks: the first after the indent `first`, the others after `next`.  A percent
/// sign stays with its number.  Without a last line end.
std::string wrapped(std::string_view text, std::size_t width, const std::string& first, const std::string& next);

}  // namespace normrun
