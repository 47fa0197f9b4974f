#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::models {

/// The options of one layer as JSON members, in the order in which they are set.
class OptionsText {
 public:
  OptionsText& integer(std::string_view key, Index value);
  OptionsText& number(std::string_view key, double value);  // writes the shortest digits that give the same double
  OptionsText& flag(std::string_view key, bool value);
  OptionsText& word(std::string_view key, std::string_view value);
  OptionsText& integers(std::string_view key, const std::vector<Index>& values);
  OptionsText& words(std::string_view key, const std::vector<std::string>& values);
  OptionsText& append(const OptionsText& options);
  const std::string& members() const { return members_; }

 private:
  std::string& add(std::string_view key);
  std::string members_;
};

/// Returns a text as JSON, in quotes and escaped.  Bytes that are not UTF-8 become '?'.
std::string json_text(std::string_view text);

}  // namespace normrun::models
