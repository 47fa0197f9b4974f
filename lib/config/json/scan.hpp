#pragma once

#include <cstddef>
#include <string_view>

#include "config/json/source.hpp"

namespace normrun::config {

/// Behind blanks and comments.
std::size_t skip_blanks(std::string_view text, std::size_t offset);
/// Behind blanks, comments, commas and colons.
std::size_t skip_to_token(std::string_view text, std::size_t offset);
/// Behind the text in quotes, or the number or word, that begins at `offset`.
std::size_t token_end(std::string_view text, std::size_t offset);

/// Where the parser stood when it met what is no JSON.
struct Expectation {
  std::size_t after = 0;  // behind the last good token
  bool is_after_key = false;
  bool is_after_value = false;
  bool is_too_large = false;  // a number past the largest double
  char container = '\0';      // '{', '[', or '\0' outside of all
  std::size_t opened_at = 0;  // where it begins
};

/// Says in words what is wrong there, what was expected and what to do.
Problem explain_syntax_error(const Source& source, const Expectation& expectation);

}  // namespace normrun::config
