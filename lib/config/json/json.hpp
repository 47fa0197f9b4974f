#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace normrun::config {

/// Keys keep the order of the text.
using JsonValue = nlohmann::ordered_json;

/// A double holds every whole number up to this one.
constexpr double kExactWhole = 9007199254740992.0;  // 2^53

struct JsonRoot {
  JsonValue value;
};

/// Compact JSON: no blanks, numbers in the shortest digits that round-trip, whole numbers without ".0".
std::string compact_text(const JsonValue& value);
/// Two blanks a level, lists of plain values on one line, a line feed at the end.
std::string pretty_text(const JsonValue& value);
/// The value as a message shows it: compact, cut after 60 characters.
std::string shown(const JsonValue& value);

/// A double as JSON, as a whole number where it is one; null where it is not finite.
JsonValue number_value(double number);

/// The compact text as a value; the text must be one that this library wrote or a Document accepted.
JsonValue parse_trusted(std::string_view text);

/// "/train/batch_size" + "a/b" = "/train/batch_size/a~1b"
std::string child_pointer(std::string_view pointer, std::string_view key);

}  // namespace normrun::config
