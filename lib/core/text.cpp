#include "core/text.hpp"

#include <algorithm>

namespace normrun {
namespace {

/// Whether a byte is part of a UTF-8 character, but not its first byte.
bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Returns the first word, together with a percent sign that follows it.
std::string_view first_word(std::string_view text) {
  std::size_t end = text.find(' ');
  if (end != std::string_view::npos && text.substr(end + 1, 1) == "%") end = text.find(' ', end + 1);
  return text.substr(0, end);
}

}  // namespace

std::size_t characters_of(std::string_view text) {
  std::size_t characters = 0;
  for (const char c : text) characters += continues(c) ? 0 : 1;
  return characters;
}

std::string shortened(std::string_view text, std::size_t limit) {
  if (characters_of(text) <= limit) return std::string(text);
  std::size_t end = 0;
  for (std::size_t characters = 0; end < text.size(); ++end) {
    if (!continues(text[end]) && ++characters == limit) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string wrapped(std::string_view text, std::size_t width, const std::string& first, const std::string& next) {
  std::string lines = first;
  std::size_t column = first.size();
  bool at_start = true;
  while (!text.empty()) {
    const std::string_view word = first_word(text);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!at_start && column + 1 + characters_of(word) > width) {
      lines += '\n' + next;
      column = next.size();
    } else if (!at_start) {
      lines += ' ';
      ++column;
    }
    at_start = false;
    lines += word;
    column += characters_of(word);
  }
  return lines;
}

bool has_control_characters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    const bool starts_c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (starts_c1) return true;
  }
  return false;
}

}  // namespace normrun
