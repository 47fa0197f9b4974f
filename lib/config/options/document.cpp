#include "config/options/document.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "config/json/source.hpp"
#include "config/json/words.hpp"
#include "config/options/reader.hpp"
#include "files/atomic_file.hpp"

namespace normrun::config {
namespace {

std::vector<std::string> split_key(std::string_view dotted_key) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t dot = dotted_key.find('.');
    parts.emplace_back(dotted_key.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    dotted_key.remove_prefix(dot + 1);
  }
}

/// Reads one component of a dotted key as a place in the list.  Returns npos if the component is not a whole number or lies beyond the end.
std::size_t place_in(const JsonValue& list, const std::string& part) {
  const bool is_number = !part.empty() && part.size() <= 9 && part.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number || (part.size() > 1 && part[0] == '0')) return std::string::npos;
  const std::size_t place = std::stoul(part);
  return place < list.size() ? place : std::string::npos;
}

/// Returns the value at a dotted key, or nullptr if there is none.  Value is JsonValue or const JsonValue.
template <class Value>
Value* find(Value& root, const std::vector<std::string>& parts) {
  Value* value = &root;
  for (const std::string& part : parts) {
    if (value->is_array()) {
      const std::size_t place = place_in(*value, part);
      if (place == std::string::npos) return nullptr;
      value = &(*value)[place];
    } else {
      const auto member = value->is_object() ? value->find(part) : value->end();
      if (member == value->end()) return nullptr;
      value = &*member;
    }
  }
  return value;
}

std::string pointer_of(const std::vector<std::string>& parts) {
  std::string pointer;
  for (const std::string& part : parts) pointer = child_pointer(pointer, part);
  return pointer;
}

/// Forgets which overrides set the value at `pointer` and the values below it.
void forget_overrides(DocumentState& state, const std::string& pointer) {
  const auto is_below = [&](const std::string& other) {
    return other == pointer || other.compare(0, pointer.size() + 1, pointer + '/') == 0;
  };
  std::erase_if(state.origins, [&](const auto& origin) { return is_below(origin.first); });
  std::erase_if(state.retyped, is_below);
}

}  // namespace

struct Document::Content : DocumentState {};

Document::Document(std::unique_ptr<Content> content) : content_(std::move(content)) {}
Document::Document(const Document& other) : content_(std::make_unique<Content>(*other.content_)) {}
Document& Document::operator=(const Document& other) {
  if (this != &other) content_ = std::make_unique<Content>(*other.content_);
  return *this;
}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Document Document::load(const std::string& path) { return parse(files::read_file(path, kMaxBytes), path); }

Document Document::parse(std::string_view text, std::string name) {
  auto content = std::make_unique<Content>();
  std::tie(content->source, content->root) = parse_source(text, std::move(name));
  return Document(std::move(content));
}

const std::string& Document::name() const { return content_->source->name; }

std::string Document::where(std::string_view pointer) const { return content_->where(pointer); }

std::string Document::where_key(std::string_view pointer, std::string_view key) const {
  return content_->where_key(child_pointer(pointer, key));
}

std::vector<std::string> Document::keys_at(std::string_view pointer) const {
  const JsonValue::json_pointer place{std::string(pointer)};
  const JsonValue& root = content_->root.value;
  std::vector<std::string> keys;
  if (!root.contains(place) || !root.at(place).is_object()) return keys;
  for (const auto& [key, value] : root.at(place).items()) keys.push_back(key);
  return keys;
}

void Document::set(std::string_view dotted_key, std::string_view value_text, const std::string& origin) {
  if (find_invalid_byte(dotted_key) != std::string_view::npos || find_invalid_byte(value_text) != std::string_view::npos) {
    refuse_usage(shown_text(origin), "the text is not UTF-8");
  }
  const std::vector<std::string> parts = split_key(dotted_key);
  if (std::find(parts.begin(), parts.end(), "") != parts.end()) {
    refuse_usage(origin, "expected a dotted key such as train.batch_size, got " + shown_text(dotted_key));
  }
  JsonValue* value = &content_->root.value;
  std::string pointer;
  std::string parent;
  for (const std::string& part : parts) {
    if (value->is_array()) {
      const std::size_t place = place_in(*value, part);
      if (place == std::string::npos) {
        refuse_usage(origin,
                     shown_text(pointer) + " is a list of " + std::to_string(value->size()) + " values, which has no " + shown_text(part),
                     "places count from 0");
      }
      value = &(*value)[place];
    } else if (value->is_object()) {
      value = &(*value)[part];
      if (value->is_null() && &part != &parts.back()) *value = JsonValue::object();
    } else {
      refuse_usage(origin, shown_text(pointer) + " is " + shown(*value) + ", which has no options", "give the whole object");
    }
    parent = pointer;
    pointer = child_pointer(pointer, part);
  }
  const JsonValue parsed = parse_value(value_text);
  *value = parsed.is_discarded() ? JsonValue(std::string(value_text)) : parsed;
  forget_overrides(*content_, pointer);
  content_->origins[pointer] = origin;
  if (parts.size() > 1 && parts.back() == "type") content_->retyped.insert(parent);
}

void Document::erase(std::string_view dotted_key) {
  std::vector<std::string> parts = split_key(dotted_key);
  const std::string last = parts.back();
  parts.pop_back();
  JsonValue* const parent = find(content_->root.value, parts);
  if (parent == nullptr || !parent->is_object()) return;
  parent->erase(last);
  forget_overrides(*content_, child_pointer(pointer_of(parts), last));
}

void Document::allow_other_types(std::string_view dotted_key) { content_->retyped.insert(pointer_of(split_key(dotted_key))); }

void Document::restore(std::string_view dotted_key, const Document& given) {
  const std::vector<std::string> parts = split_key(dotted_key);
  const JsonValue* const original = find(std::as_const(given.content_->root.value), parts);
  if (original == nullptr) return erase(dotted_key);
  JsonValue* const value = find(content_->root.value, parts);
  if (value == nullptr) return;
  JsonValue restored = *original;
  if (given.content_->retyped.contains(pointer_of(parts))) {
    for (const auto& [key, option] : original->items()) {
      if (!value->contains(key)) restored.erase(key);
    }
  }
  *value = std::move(restored);
}

bool Document::contains(std::string_view dotted_key) const { return find(content_->root.value, split_key(dotted_key)) != nullptr; }

std::string Document::text_at(std::string_view dotted_key) const {
  const JsonValue* const value = find(content_->root.value, split_key(dotted_key));
  return value == nullptr ? "" : compact_text(*value);
}

std::string Document::dump() const { return compact_text(content_->root.value); }

std::string Document::pretty() const { return pretty_text(content_->root.value); }

void Document::read(std::string_view pointer, Described& value, std::vector<Problem>& problems,
                    const std::vector<std::string_view>& elsewhere) const {
  read_document(*content_, pointer, value, problems, elsewhere);
}

const JsonRoot& Document::json() const { return content_->root; }

std::optional<std::vector<std::pair<std::string, std::string>>> text_members(const std::string& json) {
  const JsonValue object = parse_value(json);
  if (!object.is_object()) return std::nullopt;
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_string()) return std::nullopt;
    members.emplace_back(key, value.get<std::string>());
  }
  return members;
}

}  // namespace normrun::config
