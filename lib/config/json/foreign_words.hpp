#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace normrun::config {

/// What pandas, scikit-learn, PyTorch and Keras call something that a config calls otherwise: `here it is called "delimiter"`, where
/// that is among `known`, or where else it stands.  "" for words of no framework.
std::string own_word_hint(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace normrun::config
