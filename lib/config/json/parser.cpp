#include <optional>
#include <unordered_set>

#include "config/json/scan.hpp"
#include "config/json/source.hpp"
#include "config/json/words.hpp"

namespace normrun::config {
namespace {

/// Builds the value from nlohmann's events.  The events carry no positions, so the builder follows the text at the same time and notes the
/// place of every value.
class Builder : public nlohmann::json_sax<JsonValue> {
 public:
  Builder(Source& source, std::vector<Problem>& problems) : source_(source), problems_(problems) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(JsonValue::object()); }
  bool start_array(std::size_t) override { return open(JsonValue::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& value) override {
    Container& container = containers_.back();
    key_place_ = skip_to_token(source_.text, end_);
    end_ = token_end(source_.text, key_place_);
    key_ = std::move(value);
    if (!container.keys.insert(key_).second) {
      const auto first = source_.places.find(child_pointer(container.pointer, key_));
      problems_.push_back({source_.position(key_place_) + ' ' + first->first, "the key " + shown_text(key_) + " is given twice",
                           "first at " + source_.position(first->second.key)});
    }
    after_key_ = true;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    const Expectation expectation{.after = end_,
                                  .is_after_key = after_key_,
                                  .is_after_value = !after_key_ && has_value_,
                                  .is_too_large = error.id == 406,
                                  .container = containers_.empty() ? '\0' : source_.text[containers_.back().place],
                                  .opened_at = containers_.empty() ? 0 : containers_.back().place};
    problems_.push_back(explain_syntax_error(source_, expectation));
    return false;
  }

  JsonValue root;

 private:
  struct Container {
    JsonValue* value;
    std::string pointer;
    std::size_t place;
    std::unordered_set<std::string> keys;
  };

  /// Notes the place of the token that has just been read and appends its value.  Returns null if there are too many values.
  JsonValue* append(JsonValue value) {
    const std::size_t place = skip_to_token(source_.text, end_);
    end_ = value.is_structured() ? place + 1 : token_end(source_.text, place);
    if (source_.places.size() >= kMaxValues) return refuse(place, "the text has more than " + std::to_string(kMaxValues) + " values");
    std::string pointer;
    JsonValue* added = &root;
    if (containers_.empty()) {
      root = std::move(value);
    } else if (JsonValue& parent = *containers_.back().value; parent.is_array()) {
      pointer = containers_.back().pointer + '/' + std::to_string(parent.size());
      added = &parent.get_ref<JsonValue::array_t&>().emplace_back(std::move(value));
    } else {
      pointer = child_pointer(containers_.back().pointer, key_);
      // Appends without a search.  ordered_map's emplace would look through all keys, but key() has already refused duplicates.
      JsonValue::object_t::Container& members = parent.get_ref<JsonValue::object_t&>();
      added = &members.emplace_back(key_, std::move(value)).second;
    }
    source_.places.emplace(std::move(pointer), Place{after_key_ ? key_place_ : place, place});
    after_key_ = false;
    has_value_ = true;
    return added;
  }

  bool put(JsonValue value) { return append(std::move(value)) != nullptr; }

  bool open(JsonValue empty) {
    const std::size_t place = skip_to_token(source_.text, end_);
    if (containers_.size() >= kMaxDepth) {
      return refuse(place, "the text is nested deeper than " + std::to_string(kMaxDepth) + " levels") != nullptr;
    }
    std::string pointer;
    if (!containers_.empty()) {
      const Container& parent = containers_.back();
      pointer =
          parent.value->is_array() ? parent.pointer + '/' + std::to_string(parent.value->size()) : child_pointer(parent.pointer, key_);
    }
    JsonValue* const added = append(std::move(empty));
    if (added == nullptr) return false;
    containers_.push_back({added, std::move(pointer), place, {}});
    has_value_ = false;
    return true;
  }

  bool close() {
    end_ = skip_to_token(source_.text, end_) + 1;
    containers_.pop_back();
    has_value_ = true;
    return true;
  }

  JsonValue* refuse(std::size_t place, std::string what) {
    problems_.push_back({source_.position(place), std::move(what), ""});
    return nullptr;
  }

  Source& source_;
  std::vector<Problem>& problems_;
  std::vector<Container> containers_;
  std::string key_;
  std::size_t key_place_ = 0;
  std::size_t end_ = 0;     // just after the token of the last event
  bool after_key_ = false;  // a key has been read and its value has not
  bool has_value_ = false;  // the innermost container, or the text itself, has a value already
};

std::optional<Problem> find_unreadable(const Source& source) {
  if (source.text.size() > kMaxBytes)
    return Problem{source.name, "the text is larger than 16 MiB", "a config holds settings; data belongs in files of its own"};
  const std::size_t invalid = find_invalid_byte(source.text);
  if (invalid == std::string::npos) return std::nullopt;
  if (source.text[invalid] == '\0') return Problem{source.position(invalid), "a NUL byte", "is this a JSON text?"};
  return Problem{source.position(invalid), "the text is not UTF-8", "save the file in UTF-8"};
}

JsonValue build(Source& source, std::vector<Problem>& problems) {
  if (const std::optional<Problem> problem = find_unreadable(source)) {
    problems.push_back(*problem);
    return {};
  }
  Builder builder(source, problems);
  JsonValue::sax_parse(source.text, &builder, JsonValue::input_format_t::json, true, true);
  return std::move(builder.root);
}

}  // namespace

std::pair<std::shared_ptr<const Source>, JsonRoot> parse_source(std::string_view text, std::string name) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  auto source = std::make_shared<Source>(std::move(name), text);
  std::vector<Problem> problems;
  JsonRoot json{build(*source, problems)};
  if (problems.empty() && !json.value.is_object()) {
    problems.push_back({source->position(source->places.at("").value), "expected an object { … }, got " + shown(json.value), ""});
  }
  if (!problems.empty()) throw Error(ExitCode::kUsage, std::move(problems));
  return {std::move(source), std::move(json)};
}

JsonValue parse_value(std::string_view text) {
  Source source("", text);
  std::vector<Problem> problems;
  JsonValue value = build(source, problems);
  return problems.empty() ? value : JsonValue(JsonValue::value_t::discarded);
}

}  // namespace normrun::config
