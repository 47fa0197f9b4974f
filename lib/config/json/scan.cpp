#include "config/json/scan.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "config/json/words.hpp"

namespace normrun::config {
namespace {

bool is_word_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '+' || c == '-' ||
         static_cast<unsigned char>(c) >= 0x80;
}

char at(std::string_view text, std::size_t offset) { return offset < text.size() ? text[offset] : '\0'; }

/// Lets nlohmann read a single token.  Our own parser would not do: it explains its errors, and the explanations call this function.
JsonValue plain_value(std::string_view token) { return JsonValue::parse(token, nullptr, false); }

/// Names the offending token for a message.
std::string token_name(std::string_view text, std::size_t offset) {
  if (offset >= text.size()) return "the end of the file";
  if (text[offset] == '"') return shown(plain_value(text.substr(offset, token_end(text, offset) - offset)));
  if (is_word_character(text[offset])) {
    const std::string word = shown_text(text.substr(offset, token_end(text, offset) - offset));
    return word.substr(1, word.size() - 2);
  }
  if (static_cast<unsigned char>(text[offset]) < 0x20 || text[offset] == 0x7F) return "a control character";
  return text[offset] == '\'' ? "a single quote" : "'" + std::string(1, text[offset]) + "'";
}

std::string lower(std::string_view word) {
  std::string text(word);
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

/// Says what is wrong inside the quotes that open at `offset`, or returns nothing if all is well.
std::optional<Problem> explain_text(const Source& source, std::size_t offset) {
  const std::string& text = source.text;
  for (std::size_t i = offset + 1; at(text, i) != '"'; ++i) {
    if (i >= text.size() || text[i] == '\n' || text[i] == '\r') {
      return Problem{source.position(offset), "a text that does not end on its line", "close it with \""};
    }
    if (static_cast<unsigned char>(text[i]) < 0x20) {
      return Problem{source.position(i), text[i] == '\t' ? "a tab inside a text" : "a control character inside a text",
                     text[i] == '\t' ? "write \\t" : "write it as \\u00XX"};
    }
    if (text[i] != '\\') continue;
    const std::size_t escape = i++;
    constexpr std::string_view kEscapes = "\"\\/bfnrtu";
    if (kEscapes.find(at(text, i)) == std::string_view::npos) {
      const std::string character = text.substr(i, next_character(text, i) - i);
      return Problem{source.position(escape), "\\" + character + " is not an escape", "write a backslash as \\\\"};
    }
  }
  const std::size_t end = token_end(text, offset);
  if (!plain_value(std::string_view(text).substr(offset, end - offset)).is_discarded()) return std::nullopt;
  return Problem{source.position(offset), "a text with a \\u escape that is not a character",
                 "\\u takes four hexadecimal digits, or a surrogate pair"};
}

/// Explains what is wrong with a number or word that stands in the place of a value but is no value.
Problem explain_word(const Source& source, std::size_t offset) {
  const std::string_view text = source.text;
  const std::string_view word = text.substr(offset, token_end(text, offset) - offset);
  const std::string small = lower(word);
  constexpr std::array<std::string_view, 8> kNotFinite = {"nan", "inf", "infinity", "-inf", "-infinity", "-nan", "+inf", "+infinity"};
  if (std::find(kNotFinite.begin(), kNotFinite.end(), small) != kNotFinite.end()) {
    return {source.position(offset), std::string(word) + " is not a finite number", ""};
  }
  const char first = at(word, word[0] == '-' || word[0] == '+' ? 1 : 0);
  const bool is_letter =
      (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '_' || static_cast<unsigned char>(first) >= 0x80;
  if (!is_letter)
    return {source.position(offset), token_name(text, offset) + " is not a JSON number", "numbers look like 10, -0.5 or 1e-3"};
  std::string hint = "write texts in double quotes";
  if (small == "true" || small == "false" || small == "null") hint = "write " + small;
  if (small == "none") hint = "write null, or \"none\" if the option takes this word";
  return {source.position(offset), "expected a value, got " + token_name(text, offset), hint};
}

/// Finds the start of the word that ends at `end`, if the word as a whole is not JSON.  Inside "01" or "truely", for example, the parser
/// stops in the middle.
std::optional<std::size_t> find_broken_word(std::string_view text, std::size_t end) {
  std::size_t begin = end;
  while (begin > 0 && is_word_character(text[begin - 1])) --begin;
  if (begin == end || !plain_value(text.substr(begin, end - begin)).is_discarded()) return std::nullopt;
  return begin;
}

Problem explain_comment(const Source& source, std::size_t offset) {
  if (at(source.text, offset + 1) == '*') return {source.position(offset), "a comment that does not end", "close it with */"};
  return {source.position(offset), "expected // or /* … */, got a single /", ""};
}

Problem explain_value(const Source& source, std::size_t offset) {
  const char c = at(source.text, offset);
  if (is_word_character(c)) return explain_word(source, offset);
  return {source.position(offset), "expected a value, got " + token_name(source.text, offset),
          c == '\'' ? "write texts in double quotes" : ""};
}

Problem explain_key(const Source& source, std::size_t offset) {
  const char c = at(source.text, offset);
  return {source.position(offset), "expected a key, got " + token_name(source.text, offset),
          c == '\'' || is_word_character(c) ? "write keys in double quotes" : ""};
}

Problem explain_missing_separator(const Source& source, const Expectation& expectation, std::size_t offset) {
  const std::string token = token_name(source.text, offset);
  if (expectation.container == '\0')
    return {source.position(offset), "expected the end of the file, got " + token, "a config is one object { … }"};
  const bool is_object = expectation.container == '{';
  const std::string what = std::string("expected , or ") + (is_object ? "}" : "]") + " after the value, got " + token;
  const char c = at(source.text, offset);
  return {source.position(offset), what, c == '"' || c == '{' || c == '[' || is_word_character(c) ? "is a comma missing before it?" : ""};
}

}  // namespace

std::size_t skip_blanks(std::string_view text, std::size_t offset) {
  while (offset < text.size()) {
    const char c = text[offset];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++offset;
    } else if (c == '/' && at(text, offset + 1) == '/') {
      offset = std::min(text.find_first_of("\r\n", offset), text.size());
    } else if (c == '/' && at(text, offset + 1) == '*') {
      const std::size_t end = text.find("*/", offset + 2);
      if (end == std::string_view::npos) return offset;
      offset = end + 2;
    } else {
      break;
    }
  }
  return offset;
}

std::size_t skip_to_token(std::string_view text, std::size_t offset) {
  offset = skip_blanks(text, offset);
  while (at(text, offset) == ',' || at(text, offset) == ':') offset = skip_blanks(text, offset + 1);
  return offset;
}

std::size_t token_end(std::string_view text, std::size_t offset) {
  if (at(text, offset) == '"') {
    for (++offset; offset < text.size() && text[offset] != '"'; ++offset) {
      if (text[offset] == '\\') ++offset;
    }
    return std::min(offset + 1, text.size());
  }
  while (offset < text.size() && is_word_character(text[offset])) ++offset;
  return offset;
}

Problem explain_syntax_error(const Source& source, const Expectation& expectation) {
  const std::string_view text = source.text;
  if (const std::optional<std::size_t> word = find_broken_word(text, expectation.after); word && expectation.is_after_value) {
    return explain_word(source, *word);
  }
  std::size_t offset = skip_blanks(text, expectation.after);
  const char separator = at(text, offset);
  const bool is_separated =
      (expectation.is_after_key && separator == ':') || (expectation.is_after_value && separator == ',' && expectation.container != '\0');
  const std::size_t separator_at = offset;
  if (is_separated) offset = skip_blanks(text, offset + 1);

  const char c = at(text, offset);
  if (c == '/') return explain_comment(source, offset);
  if (c == '"') {
    if (const std::optional<Problem> problem = explain_text(source, offset)) return *problem;
  }
  if (offset >= text.size() && expectation.container != '\0') {
    return {source.position(offset), "the file ends too early",
            std::string("the ") + expectation.container + " of " + source.position(expectation.opened_at) + " is not closed"};
  }
  if (expectation.is_too_large) return {source.position(offset), token_name(text, offset) + " is not a finite number", ""};
  if (is_separated && expectation.is_after_value && (c == '}' || c == ']')) {
    return {source.position(separator_at), std::string("a comma before ") + c, "remove it"};
  }
  if (expectation.is_after_key && !is_separated)
    return {source.position(offset), "expected : after the key, got " + token_name(text, offset), ""};
  if (expectation.is_after_value && !is_separated) return explain_missing_separator(source, expectation, offset);
  if (expectation.container == '{' && !expectation.is_after_key) return explain_key(source, offset);
  if (offset >= text.size()) return {source.position(offset), "the file is empty", "a config is an object { … }"};
  return explain_value(source, offset);
}

}  // namespace normrun::config
