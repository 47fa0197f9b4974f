#include <algorithm>
#include <string_view>

#include "report/advice.hpp"
#include "report/words.hpp"

namespace normrun {
namespace {

constexpr std::size_t kColumns = 80;

/// The first word and, with it, a percent sign that follows it.
std::string_view first_word(std::string_view text) {
  std::size_t end = text.find(' ');
  if (end != std::string_view::npos && text.substr(end + 1, 1) == "%") end = text.find(' ', end + 1);
  return text.substr(0, end);
}

/// Words in lines of at most 80 columns, with these indents.
std::string wrapped(std::string_view text, const std::string& first, const std::string& next) {
  std::string lines = first;
  std::size_t column = first.size();
  bool at_start = true;
  while (!text.empty()) {
    const std::string_view word = first_word(text);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!at_start && column + 1 + characters_of(word) > kColumns) {
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
  return lines + '\n';
}

}  // namespace

std::string advice_text(const std::vector<Advice>& advice) {
  std::string text;
  for (const Advice& one : advice) {
    text += wrapped(one.setting + ": " + one.finding, "", "  ");
    if (!one.remedy.empty()) text += wrapped("To change: " + one.remedy + ".", "  ", "    ");
    if (!one.measured.empty()) text += wrapped("Measured: " + one.measured + ".", "  ", "    ");
  }
  return text.empty() ? "Train mode and eval mode were not compared, so there is nothing to advise.\n" : text;
}

}  // namespace normrun
