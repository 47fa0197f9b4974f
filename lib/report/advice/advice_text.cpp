#include "core/text.hpp"
#include "report/advice/advice.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kColumns = 80;

std::string lines(const std::string& text, const std::string& first, const std::string& next) {
  return wrapped(text, kColumns, first, next) + "\n";
}

}  // namespace

std::string advice_text(const std::vector<Advice>& advice) {
  std::string text;
  for (const Advice& one : advice) {
    text += lines(one.setting + ": " + one.finding, "", "  ");
    if (!one.remedy.empty()) text += lines("To change: " + one.remedy + ".", "  ", "    ");
    if (!one.measured.empty()) text += lines("Measured: " + one.measured + ".", "  ", "    ");
  }
  return text.empty() ? "Train mode and eval mode were not compared, so there is nothing to advise.\n" : text;
}

}  // namespace normrun::report
