#include "config/options/values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "config/json/foreign_words.hpp"
#include "config/json/words.hpp"
#include "config/options/document.hpp"
#include "config/options/facts.hpp"
#include "config/options/range_text.hpp"
#include "core/nearest_word.hpp"

namespace normrun::config {
namespace {

/// Returns advice if the value is a number or flag in quotes, and "" otherwise.
std::string unquote_hint(const JsonValue& value) {
  if (!value.is_string()) return "";
  const std::string& text = value.get_ref<const std::string&>();
  const JsonValue inside = parse_value(text);
  return inside.is_number() || inside.is_boolean() ? "write " + text + " without quotes" : "";
}

/// Returns the whole number that a JSON number stands for ("32", "32.0", "1e3").  Returns nothing if the number is not whole, or if a
/// double cannot hold it exactly.
std::optional<Index> whole_number(const JsonValue& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    return number <= static_cast<std::uint64_t>(std::numeric_limits<Index>::max()) ? std::optional(static_cast<Index>(number))
                                                                                   : std::nullopt;
  }
  if (value.is_number_integer()) return value.get<Index>();
  if (!value.is_number_float()) return std::nullopt;
  const auto number = value.get<double>();
  if (std::floor(number) != number || std::abs(number) > kExactWhole) return std::nullopt;
  return static_cast<Index>(number);
}

/// Returns the whole number in the same way, but nothing if it is out of range.
std::optional<Index> whole_number(const JsonValue& value, const IntegerRange& range) {
  const std::optional<Index> number = whole_number(value);
  return number && *number >= range.low && *number <= range.high ? number : std::nullopt;
}

bool is_in(double number, const Range& range) {
  const bool is_above = range.low_open ? number > range.low : number >= range.low;
  return is_above && (range.high_open ? number < range.high : number <= range.high);
}

std::string expected_words(const std::vector<std::string_view>& words) {
  return (words.size() == 1 ? "" : "one of ") + quoted_words(words);
}

/// Returns the keys that at least one member of the family knows.
std::vector<std::string> family_keys(const Family& family) {
  std::vector<std::string> keys;
  for (const FamilyMember& member : family.members) {
    for (const Fact& fact : facts_of(*member.make())) keys.push_back(fact.name);
  }
  return keys;
}

std::vector<std::string_view> type_names(const Family& family) {
  std::vector<std::string_view> names;
  for (const FamilyMember& member : family.members) names.push_back(member.type);
  return names;
}

}  // namespace

void Given::refuse(const std::string& expected, std::string hint) const {
  findings.add(pointer, "expected " + expected + ", got " + shown(json), std::move(hint));
}

void read_number(const Given& given, double& value, const Range& range) {
  std::optional<double> number = value;
  if (given.json.is_null()) return given.refuse(expected_number(range));
  read_number(given, number, range);
  value = *number;
}

void read_number(const Given& given, std::optional<double>& value, const Range& range) {
  if (given.json.is_null()) return value.reset();
  const bool fits = given.json.is_number() && is_in(given.json.get<double>(), range);
  if (!fits) return given.refuse(expected_number(range), unquote_hint(given.json));
  value = given.json.get<double>();
}

void read_integer(const Given& given, Index& value, const IntegerRange& range) {
  std::optional<Index> number = value;
  if (given.json.is_null()) return given.refuse(expected_integer(range));
  read_integer(given, number, range);
  value = *number;
}

void read_integer(const Given& given, std::optional<Index>& value, const IntegerRange& range) {
  if (given.json.is_null()) return value.reset();
  const std::optional<Index> number = whole_number(given.json, range);
  if (!number) return given.refuse(expected_integer(range), unquote_hint(given.json));
  value = number;
}

void read_flag(const Given& given, bool& value) {
  if (!given.json.is_boolean()) return given.refuse("true or false", unquote_hint(given.json));
  value = given.json.get<bool>();
}

void read_text(const Given& given, std::string& value) {
  if (!given.json.is_string()) return given.refuse("a text", given.json.is_structured() ? "" : "write it in double quotes");
  const std::string& text = given.json.get_ref<const std::string&>();
  if (text.find('\0') != std::string::npos) return given.refuse("a text without NUL characters");
  value = text;
}

void read_count(const Given& given, Count& value, const IntegerRange& range, const std::vector<std::string_view>& words) {
  if (given.json.is_string()) {
    const std::string& text = given.json.get_ref<const std::string&>();
    const auto word = std::find_if(words.begin(), words.end(), [&](std::string_view known) { return same_word(known, text); });
    if (!words.empty() && word == words.end()) {
      const std::string nearest = nearest_word(text, words);
      return given.refuse(expected_count(range, words), nearest.empty() ? unquote_hint(given.json) : "did you mean \"" + nearest + "\"?");
    }
    value = {words.empty() ? text : std::string(*word), 0};
    return;
  }
  const std::optional<Index> number = whole_number(given.json, range);
  if (!number) return given.refuse(expected_count(range, words));
  value = {"", *number};
}

void read_choice(const Given& given, std::size_t& index, const std::vector<std::string_view>& words,
                 const std::vector<std::pair<std::string_view, std::string_view>>& aliases) {
  std::string text;
  if (given.json.is_string()) text = given.json.get<std::string>();
  if (given.json.is_boolean()) text = given.json.get<bool>() ? "true" : "false";
  const auto alias = std::find_if(aliases.begin(), aliases.end(), [&](const auto& known) { return same_word(known.first, text); });
  const std::string_view meant = alias == aliases.end() ? std::string_view(text) : alias->second;
  const auto word = std::find_if(words.begin(), words.end(), [&](std::string_view known) { return same_word(known, meant); });
  if (word == words.end()) {
    std::vector<std::string_view> known = words;
    for (const auto& [name, canonical] : aliases) known.push_back(name);
    if (const std::string own = own_word_hint(text, words); !own.empty()) return given.refuse(expected_words(words), own);
    const std::string nearest = nearest_word(text, known);
    return given.refuse(expected_words(words), nearest.empty() ? "" : "did you mean \"" + nearest + "\"?");
  }
  index = static_cast<std::size_t>(word - words.begin());
}

namespace {

/// Whether the text is what pattern_of(word) describes.
bool fits_pattern(std::string_view text, std::string_view word) {
  const std::string_view before = word.substr(0, word.find('<'));
  const std::string_view behind = word.substr(word.find('>') + 1);
  if (!is_pattern(word) || text.size() <= before.size() + behind.size() || !text.starts_with(before) || !text.ends_with(behind))
    return false;
  text = text.substr(before.size(), text.size() - before.size() - behind.size());
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  double number = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && is_digit(text.front()) && is_digit(text.back());
}

}  // namespace

bool is_pattern(std::string_view word) { return word.find('<') != std::string_view::npos; }

std::string pattern_of(std::string_view word) {
  const std::string_view before = word.substr(0, word.find('<'));
  const std::string_view behind = word.substr(word.find('>') + 1);
  return "^" + std::string(before) + "[0-9]+([.][0-9]+)?(e-?[0-9]+)?" + std::string(behind) + "$";
}

void read_pair(const Given& given, std::pair<std::string, std::string>& value, const std::vector<std::string_view>& words) {
  if (!given.json.is_array() || given.json.size() != 2) return given.refuse("a pair [a, b], each " + expected_words(words));
  const auto read = [&](const Given& child, std::string& text) {
    const auto fits = [&](std::string_view word) { return child.json.is_string() && fits_pattern(child.json.get<std::string>(), word); };
    std::size_t index = 0;
    if (std::any_of(words.begin(), words.end(), fits)) {
      text = child.json.get<std::string>();
    } else {
      read_choice(child, index, words);
      text = words[index];
    }
  };
  read(given.child(0), value.first);
  read(given.child(1), value.second);
}

void read_object(const Given& given, Described& value) {
  if (!given.json.is_object()) return given.refuse("an object { … }");
  Reader reader(given.json, given.pointer, given.findings);
  value.describe(reader);
  reader.refuse_unknown_keys({});
}

void read_tagged(const Given& given, std::shared_ptr<Described>& value, const Family& family) {
  const std::string kind(family.name);
  const std::vector<std::string_view> types = type_names(family);
  // A text alone stands for an object of that type with its defaults: "he_normal", "adam".
  if (given.json.is_string()) {
    const JsonValue object = {{"type", given.json}};
    if (family.make(given.json.get<std::string>()) != nullptr) return read_tagged({object, given.pointer, given.findings}, value, family);
    return given.findings.add(given.pointer, "unknown " + kind + " type " + shown(given.json),
                              suggestion(given.json.get<std::string>(), types, "types"));
  }
  if (!given.json.is_object()) return given.refuse("an object with a \"type\" (" + kind + "), or the type alone");
  const auto type = given.json.find("type");
  const bool has_type = type != given.json.end();
  // An object without a "type" has the type of the option's default.
  if (!has_type && (value == nullptr || value->type.empty())) {
    return given.findings.add(given.pointer, "the " + kind + " has no \"type\"", "types: " + quoted_words(types, ", "));
  }
  const std::string name = !has_type ? value->type : type->is_string() ? type->get<std::string>() : "";
  std::shared_ptr<Described> made = family.make(name);
  if (made == nullptr) {
    return given.findings.add(given.pointer + "/type", "unknown " + kind + " type " + shown(*type), suggestion(name, types, "types"));
  }
  Reader reader(given.json, given.pointer, given.findings);
  reader.know({"type"});
  made->describe(reader);
  const bool is_retyped = given.findings.document().retyped.contains(given.pointer);
  reader.refuse_unknown_keys(is_retyped ? family_keys(family) : std::vector<std::string>{});
  value = std::move(made);
}

}  // namespace normrun::config
