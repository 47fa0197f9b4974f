#pragma once

#include <cstddef>
#include <string_view>

#include "config/json/source.hpp"

namespace normrun::config {

/// Skips blanks and comments.  This function and the next two return an offset in the text.
std::size_t skip_blanks(std::string_view text, std::size_t offset);
/// Skips blanks, comments, commas and colons.
std::size_t skip_to_token(std::string_view text, std::size_t offset);
/// Returns the offset after the quoted text, number or word that begins at `offset`.
std::size_t token_end(std::string_view text, std::size_t offset);

/// What the parser had read when it met something that is not JSON.
struct Expectation {
  std::size_t after = 0;  // the offset after the last good token
  bool is_after_key = false;
  bool is_after_value = false;
  bool is_too_large = false;  // whether a number was larger than any double
  char container = '\0';      // '{', '[', or '\0' outside of every container
  std::size_t opened_at = 0;  // where `container` begins
};

/// Says what is wrong after `expectation.after`, what was expected there and what to do about it.
Problem explain_syntax_error(const Source& source, const Expectation& expectation);

}  // namespace normrun::config
