#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace normrun {

/// Returns the word of `known` that is nearest to `word`, the first of equally near ones, or "" if none is near enough to be what the
/// user meant.  Near enough means that at most a third of the word's characters (1 to 3) are inserted, deleted, replaced or swapped with a
/// neighbour; case does not count.
std::string nearest_word(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace normrun
