#include "config/json/source.hpp"

#include <algorithm>
#include <limits>

#include "config/json/words.hpp"

namespace normrun::config {
namespace {

/// Escapes and cuts a pointer, because its keys come from outside and a message must stay one line of readable length.
std::string printable(std::string_view pointer) {
  constexpr std::size_t kLongest = 200;
  std::string text = JsonValue(std::string(pointer.substr(0, kLongest))).dump(-1, ' ', false, JsonValue::error_handler_t::ignore);
  text = text.substr(1, text.size() - 2);
  return pointer.size() > kLongest ? text + "…" : text;
}

std::string with_pointer(const std::string& position, std::string_view pointer) {
  return pointer.empty() ? position : position + ' ' + printable(pointer);
}

}  // namespace

Source::Source(std::string name_in, std::string_view text_in) : name(std::move(name_in)), text(text_in), lines{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_break = text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'));
    if (is_break) lines.push_back(i + 1);
  }
}

std::string Source::position(std::size_t offset) const {
  const auto line = std::upper_bound(lines.begin(), lines.end(), offset) - 1;
  std::size_t column = 1;
  for (std::size_t i = *line; i < offset; i = next_character(text, i)) ++column;
  return name + ':' + std::to_string(line - lines.begin() + 1) + ':' + std::to_string(column);
}

std::map<std::string, std::string>::const_iterator DocumentState::override_of(std::string_view pointer) const {
  for (std::string_view above = pointer; !above.empty(); above = above.substr(0, above.rfind('/'))) {
    const auto found = origins.find(std::string(above));
    if (found != origins.end()) return found;
  }
  return origins.end();
}

std::string DocumentState::where(std::string_view pointer) const {
  if (const auto origin = override_of(pointer); origin != origins.end()) {
    return origin->second + printable(pointer.substr(origin->first.size()));
  }
  const auto place = source->places.find(std::string(pointer));
  return place == source->places.end() ? with_pointer(source->name, pointer) : with_pointer(source->position(place->second.value), pointer);
}

std::string DocumentState::where_key(std::string_view pointer) const {
  const auto place = source->places.find(std::string(pointer));
  if (place == source->places.end() || override_of(pointer) != origins.end()) return where(pointer);
  return with_pointer(source->position(place->second.key), pointer);
}

std::size_t DocumentState::order(std::string_view pointer) const {
  const auto place = source->places.find(std::string(pointer));
  const bool is_in_text = place != source->places.end() && override_of(pointer) == origins.end();
  return is_in_text ? place->second.value : std::numeric_limits<std::size_t>::max();
}

}  // namespace normrun::config
