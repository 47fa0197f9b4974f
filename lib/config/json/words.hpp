#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace normrun::config {

/// The place after the UTF-8 character at `offset` of valid UTF-8.
std::size_t next_character(std::string_view text, std::size_t offset);
/// The first byte that is not UTF-8 (or is NUL), or npos.
std::size_t find_invalid_byte(std::string_view text);

/// Equal, '-' and '_' counting as the same.
bool same_word(std::string_view a, std::string_view b);

/// A text as a message shows it: in double quotes, escaped, cut after 60 characters.
std::string shown_text(std::string_view text);
/// `"a", "b" or "c"`
std::string quoted_words(const std::vector<std::string_view>& words, std::string_view last_link = " or ");

/// The nearest of `known` to `word`, the first of equally near ones, or "" where none is near enough to be meant: at most a
/// third of the word's characters (1 to 3) inserted, deleted, replaced or swapped with their neighbour, without regard to case.
std::string nearest_word(std::string_view word, const std::vector<std::string_view>& known);
/// `did you mean "batch_size"?`, or where nothing is near "known: …" (prefixed by `kind`: "known keys").
std::string suggestion(std::string_view word, const std::vector<std::string_view>& known, std::string_view kind);

}  // namespace normrun::config
