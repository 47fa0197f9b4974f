#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/options/reader.hpp"

namespace normrun::config {

/// A value of the config under examination.
struct Given {
  const JsonValue& json;
  std::string pointer;
  Findings& findings;

  /// Reports "expected …, got …".
  void refuse(const std::string& expected, std::string hint = "") const;
  Given child(std::size_t place) const { return {json[place], pointer + '/' + std::to_string(place), findings}; }
};

/// Each assigns the value where it fits and reports the problem where it does not.
void read_number(const Given& given, double& value, const Range& range);
void read_number(const Given& given, std::optional<double>& value, const Range& range);  // null: empty
void read_integer(const Given& given, Index& value, const IntegerRange& range);
void read_integer(const Given& given, std::optional<Index>& value, const IntegerRange& range);
void read_flag(const Given& given, bool& value);
void read_text(const Given& given, std::string& value);
void read_count(const Given& given, Count& value, const IntegerRange& range, const std::vector<std::string_view>& words);
/// A word of `words`, or of the first of `aliases` (the second is then what counts); its place among the words.
void read_choice(const Given& given, std::size_t& index, const std::vector<std::string_view>& words,
                 const std::vector<std::pair<std::string_view, std::string_view>>& aliases = {});
void read_pair(const Given& given, std::pair<std::string, std::string>& value, const std::vector<std::string_view>& words);
/// Fills an object of one kind.
void read_object(const Given& given, Described& value);
/// Makes and fills an object of a family; leaves `value` alone where its type is missing or unknown.
void read_tagged(const Given& given, std::shared_ptr<Described>& value, const Family& family);

/// Replaces `values` by the list's elements, `read_one(element, value)` each.
template <class T, class ReadOne>
void read_list(const Given& given, std::vector<T>& values, const std::string& expected, const ReadOne& read_one) {
  if (!given.json.is_array()) {
    given.refuse(expected, "lists stand in brackets: [ … ]");
    return;
  }
  values.clear();
  for (std::size_t i = 0; i < given.json.size(); ++i) read_one(given.child(i), values.emplace_back());
}

}  // namespace normrun::config
