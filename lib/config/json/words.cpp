#include "config/json/words.hpp"

#include <algorithm>

#include "config/json/foreign_words.hpp"
#include "core/nearest_word.hpp"

namespace normrun::config {
namespace {

/// Returns how many bytes the UTF-8 character at `offset` has, or 0 if the bytes there are no valid character (overlong, surrogate, too
/// large, cut off).
std::size_t character_size(std::string_view text, std::size_t offset) {
  const auto byte = [&](std::size_t i) {
    return offset + i < text.size() ? static_cast<unsigned>(static_cast<unsigned char>(text[offset + i])) : 0u;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  const std::size_t size = lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool is_wrong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF0 && byte(1) < 0x90) ||
                        (lead == 0xF4 && byte(1) > 0x8F);
  return is_wrong ? 0 : size;
}

}  // namespace

std::size_t next_character(std::string_view text, std::size_t offset) {
  return offset + std::max<std::size_t>(1, character_size(text, offset));
}

std::size_t find_invalid_byte(std::string_view text) {
  for (std::size_t offset = 0; offset < text.size();) {
    const std::size_t size = character_size(text, offset);
    if (size == 0) return offset;
    offset += size;
  }
  return std::string_view::npos;
}

bool same_word(std::string_view a, std::string_view b) {
  const auto dashed = [](char c) { return c == '_' ? '-' : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return dashed(x) == dashed(y); });
}

std::string quoted_words(const std::vector<std::string_view>& words, std::string_view last_link) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? last_link : std::string_view(", ");
    text.append("\"").append(words[i]).append("\"");
  }
  return text;
}

std::string suggestion(std::string_view word, const std::vector<std::string_view>& known, std::string_view kind) {
  if (std::string own = own_word_hint(word, known); !own.empty()) return own;
  const std::string nearest = nearest_word(word, known);
  if (!nearest.empty()) return "did you mean \"" + nearest + "\"?";
  if (known.empty()) return "";
  return std::string(kind) + ": " + quoted_words(known, ", ");
}

}  // namespace normrun::config
