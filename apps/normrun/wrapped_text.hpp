#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace normrun {

/// The width of UTF-8 text on a terminal, one column a character.
inline std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (const char c : text) columns += (static_cast<unsigned char>(c) & 0xC0U) == 0x80U ? 0 : 1;
  return columns;
}

/// Lines of at most `width` columns, broken at blanks, each after `indent`; without a last line end.
inline std::string wrapped(std::string_view text, std::size_t width, const std::string& indent) {
  std::string lines = indent;
  std::size_t column = indent.size();
  for (std::size_t begin = 0; begin < text.size();) {
    const std::string_view word = text.substr(begin, text.find(' ', begin) - begin);
    const bool is_first = column == indent.size();
    if (!is_first && column + 1 + columns_of(word) > width) {
      lines += "\n" + indent;
      column = indent.size();
    } else if (!is_first) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += columns_of(word);
    begin += word.size() + 1;
  }
  return lines;
}

}  // namespace normrun
