#include "config/options/reader.hpp"

#include <algorithm>

#include "config/json/words.hpp"
#include "config/options/range_text.hpp"
#include "config/options/values.hpp"

namespace normrun::config {

void Findings::add(std::string_view pointer, std::string what, std::string hint) {
  refused_.emplace_back(pointer);
  findings_.push_back({document_.order(pointer), {document_.where(pointer), std::move(what), std::move(hint)}});
}

void Findings::add_key(std::string_view pointer, std::string what, std::string hint) {
  findings_.push_back({document_.order(pointer), {document_.where_key(pointer), std::move(what), std::move(hint)}});
}

void Findings::add_relation(std::string_view pointer, std::string what) {
  findings_.push_back({document_.order(pointer), {document_.where(pointer), std::move(what), ""}});
}

bool Findings::refused(std::string_view pointer) const {
  return std::any_of(refused_.begin(), refused_.end(), [&](const std::string& other) {
    return other.compare(0, pointer.size(), pointer) == 0 && (other.size() == pointer.size() || other[pointer.size()] == '/');
  });
}

void Findings::append_sorted(std::vector<Problem>& problems) {
  std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) { return a.order < b.order; });
  for (Finding& finding : findings_) problems.push_back(std::move(finding.problem));
}

const JsonValue* Reader::take(Option option) {
  if (std::find(known_.begin(), known_.end(), option.name) == known_.end()) known_.emplace_back(option.name);
  const auto member = object_.find(option.name);
  return member == object_.end() ? nullptr : &*member;
}

void Reader::number(Option option, double& value, Range range) {
  if (const JsonValue* json = take(option)) read_number({*json, pointer_of(option.name), findings_}, value, range);
}

void Reader::number(Option option, std::optional<double>& value, Range range) {
  if (const JsonValue* json = take(option)) read_number({*json, pointer_of(option.name), findings_}, value, range);
}

void Reader::integer(Option option, Index& value, IntegerRange range) {
  if (const JsonValue* json = take(option)) read_integer({*json, pointer_of(option.name), findings_}, value, range);
}

void Reader::integer(Option option, std::optional<Index>& value, IntegerRange range) {
  if (const JsonValue* json = take(option)) read_integer({*json, pointer_of(option.name), findings_}, value, range);
}

void Reader::flag(Option option, bool& value) {
  if (const JsonValue* json = take(option)) read_flag({*json, pointer_of(option.name), findings_}, value);
}

void Reader::text(Option option, std::string& value) {
  if (const JsonValue* json = take(option)) read_text({*json, pointer_of(option.name), findings_}, value);
}

void Reader::count(Option option, Count& value, IntegerRange range, const std::vector<std::string_view>& words) {
  if (const JsonValue* json = take(option)) read_count({*json, pointer_of(option.name), findings_}, value, range, words);
}

void Reader::choice_index(Option option, std::size_t& index, const std::vector<std::string_view>& names,
                          const std::vector<std::pair<std::string_view, std::string_view>>& aliases) {
  if (const JsonValue* json = take(option)) read_choice({*json, pointer_of(option.name), findings_}, index, names, aliases);
}

void Reader::numbers(Option option, std::vector<double>& values, Range range) {
  const JsonValue* const json = take(option);
  if (json == nullptr) return;
  read_list(Given{*json, pointer_of(option.name), findings_}, values, "a list of numbers",
            [&](const Given& given, double& value) { read_number(given, value, range); });
}

void Reader::integers(Option option, std::vector<Index>& values, IntegerRange range) {
  const JsonValue* const json = take(option);
  if (json == nullptr) return;
  const Given list{*json, pointer_of(option.name), findings_};
  if (json->is_number()) {
    std::optional<Index> number;
    read_integer(list, number, range);
    if (number) values.assign(1, *number);
    return;
  }
  read_list(list, values, "a whole number or a list of them", [&](const Given& given, Index& value) { read_integer(given, value, range); });
}

void Reader::integer_or_list(Option option, std::vector<Index>& values, IntegerRange range) {
  std::vector<Index> given = values;
  integers(option, given, range);
  require(!given.empty(), option.name, "a whole number or a list with at least one");
  if (!given.empty()) values = std::move(given);
}

void Reader::counts(Option option, std::vector<Count>& values, IntegerRange range, const std::vector<std::string_view>& words) {
  const JsonValue* const json = take(option);
  if (json == nullptr) return;
  const Given list{*json, pointer_of(option.name), findings_};
  if (json->is_number() || json->is_string()) {
    Count count;
    read_count(list, count, range, words);
    if (!refused(option.name)) values.assign(1, count);
    return;
  }
  read_list(list, values, "a list, each element " + expected_count(range, words),
            [&](const Given& given, Count& value) { read_count(given, value, range, words); });
}

void Reader::texts(Option option, std::vector<std::string>& values) {
  const JsonValue* const json = take(option);
  if (json == nullptr) return;
  read_list(Given{*json, pointer_of(option.name), findings_}, values, "a list of texts",
            [](const Given& given, std::string& value) { read_text(given, value); });
}

void Reader::texts(Option option, std::optional<std::vector<std::string>>& values) {
  const JsonValue* const json = take(option);
  if (json == nullptr) return;
  if (json->is_null()) return values.reset();
  std::vector<std::string> given;
  texts(option, given);
  if (!refused(option.name)) values = std::move(given);
}

void Reader::pairs(Option option, std::vector<std::pair<std::string, std::string>>& values, const std::vector<std::string_view>& words) {
  const JsonValue* const json = take(option);
  if (json == nullptr) return;
  read_list(Given{*json, pointer_of(option.name), findings_}, values, "a list of pairs",
            [&](const Given& given, std::pair<std::string, std::string>& value) { read_pair(given, value, words); });
}

void Reader::object(Option option, Described& value) {
  if (const JsonValue* json = take(option)) read_object({*json, pointer_of(option.name), findings_}, value);
}

void Reader::objects(Option option, std::size_t count, const std::function<Described&(std::size_t)>& at,
                     const std::function<Described&()>& grow) {
  const JsonValue* const json = take(option);
  if (json == nullptr) return;
  const Given list{*json, pointer_of(option.name), findings_};
  if (!json->is_array()) return list.refuse("a list of objects", "write lists in brackets: [ … ]");
  for (std::size_t i = 0; i < json->size(); ++i) read_object(list.child(i), i < count ? at(i) : grow());
}

void Reader::tagged(Option option, std::shared_ptr<Described>& value, const Family& family) {
  const JsonValue* const json = take(option);
  if (json == nullptr) return;
  if (json->is_null()) return value.reset();
  read_tagged({*json, pointer_of(option.name), findings_}, value, family);
}

namespace {

/// Reads a list of objects of a family.  Leaves out the objects that it refuses.
void read_tagged_list(const Given& list, std::vector<std::shared_ptr<Described>>& values, const Family& family) {
  read_list(list, values, "a list of objects (" + std::string(family.name) + "s)",
            [&](const Given& given, std::shared_ptr<Described>& value) { read_tagged(given, value, family); });
  std::erase(values, nullptr);
}

}  // namespace

void Reader::tagged_list(Option option, std::vector<std::shared_ptr<Described>>& values, const Family& family) {
  if (const JsonValue* json = take(option)) read_tagged_list({*json, pointer_of(option.name), findings_}, values, family);
}

void Reader::tagged_lists(Option option, std::vector<std::vector<std::shared_ptr<Described>>>& values, const Family& family) {
  const JsonValue* const json = take(option);
  if (json == nullptr) return;
  const Given lists{*json, pointer_of(option.name), findings_};
  read_list(lists, values, "a list of lists of objects (" + std::string(family.name) + "s)",
            [&](const Given& given, std::vector<std::shared_ptr<Described>>& value) { read_tagged_list(given, value, family); });
}

void Reader::any(Option option, std::string& json_text) {
  const JsonValue* const json = take(option);
  if (json == nullptr) return;
  const Given value{*json, pointer_of(option.name), findings_};
  if (json_text == "{}" && !json->is_object()) return value.refuse("an object { … }");
  if (json_text == "[]" && !json->is_array()) return value.refuse("a list [ … ]");
  json_text = compact_text(*json);
}

void Reader::require(bool holds, std::string_view key, std::string_view expectation) {
  const std::string pointer = key.empty() || !given(key) ? pointer_ : pointer_of(key);
  // A refused value leaves the default in place, so a relation with it says nothing about the config.
  const bool is_refused = findings_.refused(key.empty() ? pointer_ : pointer_of(key));
  if (!holds && !is_refused) findings_.add_relation(pointer, "expected " + std::string(expectation));
}

void Reader::refuse_unknown_keys(const std::vector<std::string>& ignored) {
  for (const auto& [key, value] : object_.items()) {
    const bool is_known = std::find(known_.begin(), known_.end(), key) != known_.end();
    if (is_known || std::find(ignored.begin(), ignored.end(), key) != ignored.end()) continue;
    findings_.add_key(pointer_of(key), "unknown key " + shown_text(key), suggestion(key, known_, "known keys"));
  }
}

void read_document(const DocumentState& document, std::string_view pointer, Described& value, std::vector<Problem>& problems,
                   const std::vector<std::string_view>& elsewhere) {
  Findings findings(document);
  const JsonValue::json_pointer place{std::string(pointer)};
  if (!document.root.value.contains(place)) {
    findings.add(pointer, "expected an object { … }, got nothing");
  } else if (const JsonValue& object = document.root.value.at(place); !object.is_object()) {
    findings.add(pointer, "expected an object { … }, got " + shown(object));
  } else {
    Reader reader(object, std::string(pointer), findings);
    reader.know(elsewhere);
    if (pointer.empty()) reader.know({"$schema"});
    if (!value.type.empty()) reader.know({"type"});
    value.describe(reader);
    reader.refuse_unknown_keys({});
  }
  findings.append_sorted(problems);
}

}  // namespace normrun::config
