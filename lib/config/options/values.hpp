#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/options/reader.hpp"

namespace normrun::config {

/// A value that a Reader reads, and its place in the config.
struct Given {
  const JsonValue& json;
  std::string pointer;
  Findings& findings;

  /// Reports "expected …, got …".
  void refuse(const std::string& expected, std::string hint = "") const;
  Given child(std::size_t place) const { return {json[place], pointer + '/' + std::to_string(place), findings}; }
};

/// Each read_… function assigns the value if it fits, and otherwise reports the problem.
void read_number(const Given& given, double& value, const Range& range);
void read_number(const Given& given, std::optional<double>& value, const Range& range);  // null gives an empty value
void read_integer(const Given& given, Index& value, const IntegerRange& range);
void read_integer(const Given& given, std::optional<Index>& value, const IntegerRange& range);
void read_flag(const Given& given, bool& value);
void read_text(const Given& given, std::string& value);
void read_count(const Given& given, Count& value, const IntegerRange& range, const std::vector<std::string_view>& words);
/// Reads one of `words`, or an alias of a word, and sets `index` to the word's place in `words`.  `aliases` are pairs (alias, word).
void read_choice(const Given& given, std::size_t& index, const std::vector<std::string_view>& words,
                 const std::vector<std::pair<std::string_view, std::string_view>>& aliases = {});
/// Whether a word stands for any text with a number in place of its <…>.
bool is_pattern(std::string_view word);
/// The regular expression of the texts that such a word stands for.
std::string pattern_of(std::string_view word);
/// Reads a pair of texts.  Each must be one of `words`, or fit a pattern among `words`.
void read_pair(const Given& given, std::pair<std::string, std::string>& value, const std::vector<std::string_view>& words);
/// Fills an object that has no "type".
void read_object(const Given& given, Described& value);
/// Makes and fills an object of a family.  Leaves `value` as it was if the type is missing or unknown.
void read_tagged(const Given& given, std::shared_ptr<Described>& value, const Family& family);

/// Replaces `values` by the list's elements.  `read_one(element, value)` reads one element.
template <class T, class ReadOne>
void read_list(const Given& given, std::vector<T>& values, const std::string& expected, const ReadOne& read_one) {
  if (!given.json.is_array()) {
    given.refuse(expected, "write lists in brackets: [ … ]");
    return;
  }
  values.clear();
  for (std::size_t i = 0; i < given.json.size(); ++i) read_one(given.child(i), values.emplace_back());
}

}  // namespace normrun::config
