#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace normrun {

/// Returns the word of `known` that is nearest to `word`, the first of equally near ones, or "" if none is near enough to be what the user
/// meant.  A word is near enough if at most a third of the characters of `word` (at least 1, at most 3) have to be inserted, deleted,
/// replaced or swapped with a neighbour.  Case does not count.
std::string nearest_word(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace normrun
