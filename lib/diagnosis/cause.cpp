#include "diagnosis/cause.hpp"

#include <algorithm>

namespace normrun::diagnosis {

std::string_view cause_text(Cause cause) {
  const auto found = std::find_if(kCauseWords.begin(), kCauseWords.end(), [&](const auto& known) { return known.first == cause; });
  return found->second;
}

Cause cause_of(std::string_view word) {
  const auto found = std::find_if(kCauseWords.begin(), kCauseWords.end(), [&](const auto& known) { return known.second == word; });
  return found == kCauseWords.end() ? Cause::kUnknown : found->first;
}

}  // namespace normrun::diagnosis
