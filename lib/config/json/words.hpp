#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace normrun::config {

/// Returns the offset after the UTF-8 character at `offset`.  The text must be valid UTF-8.
std::size_t next_character(std::string_view text, std::size_t offset);
/// Returns the offset of the first byte that is NUL or not UTF-8, or npos.
std::size_t find_invalid_byte(std::string_view text);

/// Whether two words are equal when '-' and '_' count as the same character.
bool same_word(std::string_view a, std::string_view b);

/// Writes a text as messages show it: in double quotes, escaped, and cut after 60 characters.
std::string shown_text(std::string_view text);
/// Writes `"a", "b" or "c"`.
std::string quoted_words(const std::vector<std::string_view>& words, std::string_view last_link = " or ");

/// Writes `did you mean "batch_size"?`.  If no known word is near, writes the list of all known words, introduced by `kind`: `known keys:
/// …`.
std::string suggestion(std::string_view word, const std::vector<std::string_view>& known, std::string_view kind);

}  // namespace normrun::config
