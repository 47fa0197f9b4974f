#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace normrun::config {

/// A JSON value whose objects keep their keys in the order of the text.
using JsonValue = nlohmann::ordered_json;

/// The largest number up to which a double holds every whole number exactly.
constexpr double kExactWhole = 9007199254740992.0;  // 2^53

struct JsonRoot {
  JsonValue value;
};

/// Writes compact JSON: no blanks, the shortest digits that round-trip, and no ".0" behind whole numbers.
std::string compact_text(const JsonValue& value);
/// Writes JSON with two blanks of indent a level, lists of plain values on one line, and a line feed at the end.
std::string pretty_text(const JsonValue& value);
/// Writes the value as messages show it: compact, and cut after 60 characters.
std::string shown(const JsonValue& value);

/// Returns a double as JSON: as a whole number if it is whole, and as null if it is not finite.
JsonValue number_value(double number);

/// Reads a compact text, which must come from this library or have been accepted by a Document.
JsonValue parse_trusted(std::string_view text);

/// Appends a key to a JSON pointer: "/train/batch_size" and "a/b" give "/train/batch_size/a~1b".
std::string child_pointer(std::string_view pointer, std::string_view key);

}  // namespace normrun::config
