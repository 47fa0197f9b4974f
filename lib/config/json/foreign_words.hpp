#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace normrun::config {

/// Returns a hint for a word that pandas, scikit-learn, PyTorch or Keras use for something that a config calls otherwise: `here it is
/// called "delimiter"`.  If the config's word is not among `known`, the hint also says where it stands, as it does for a word of the config
/// that belongs into another object.  Returns "" for any other word.
std::string own_word_hint(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace normrun::config
