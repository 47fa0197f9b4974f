#include <charconv>
#include <cmath>

#include "config/json/json.hpp"
#include "config/json/words.hpp"

namespace normrun::config {
namespace {

constexpr std::size_t kShownCharacters = 60;

std::string escaped(const std::string& text) { return JsonValue(text).dump(-1, ' ', false, JsonValue::error_handler_t::replace); }

std::string number_text(const JsonValue& value) {
  char digits[32];
  std::to_chars_result result{};
  if (value.is_number_unsigned()) {
    result = std::to_chars(digits, digits + sizeof digits, value.get<std::uint64_t>());
  } else if (value.is_number_integer()) {
    result = std::to_chars(digits, digits + sizeof digits, value.get<std::int64_t>());
  } else {
    const JsonValue whole = number_value(value.get<double>());
    if (!whole.is_number_float()) return whole.is_null() ? "null" : number_text(whole);
    if (value.get<double>() == 0.0) return "-0.0";  // "-0" would read back as the whole number 0
    result = std::to_chars(digits, digits + sizeof digits, value.get<double>());
  }
  return {digits, result.ptr};
}

std::string scalar_text(const JsonValue& value) {
  if (value.is_string()) return escaped(value.get_ref<const std::string&>());
  return value.is_number() ? number_text(value) : value.dump();
}

/// What stands between the elements of a list or object.
struct Spacing {
  std::string_view between;  // after a comma
  std::string_view after_colon;
  bool breaks_lines = false;
};
constexpr Spacing kCompact{"", "", false};
constexpr Spacing kOneLine{" ", " ", false};
constexpr Spacing kPretty{"", " ", true};

bool holds_plain_values(const JsonValue& value) {
  for (const JsonValue& element : value) {
    if (element.is_object()) return false;
    if (element.is_array() && !holds_plain_values(element)) return false;
  }
  return value.is_array();
}

void append(const JsonValue& value, Spacing spacing, std::size_t depth, std::string& text) {
  if (!value.is_structured()) {
    text += scalar_text(value);
    return;
  }
  const char* const brackets = value.is_object() ? "{}" : "[]";
  if (spacing.breaks_lines && holds_plain_values(value)) spacing = kOneLine;
  const auto break_line = [&](std::size_t level) {
    if (spacing.breaks_lines && !value.empty()) text += '\n' + std::string(2 * level, ' ');
  };
  text += brackets[0];
  bool is_first = true;
  for (const auto& [key, element] : value.items()) {
    if (!is_first) text.append(",").append(spacing.between);
    is_first = false;
    break_line(depth + 1);
    if (value.is_object()) text.append(escaped(key)).append(":").append(spacing.after_colon);
    append(element, spacing, depth + 1, text);
  }
  break_line(depth);
  text += brackets[1];
}

std::string cut(const std::string& text) {
  std::size_t end = 0;
  for (std::size_t characters = 0; end < text.size() && characters < kShownCharacters; ++characters) end = next_character(text, end);
  return end == text.size() ? text : text.substr(0, end) + "…";
}

}  // namespace

std::string compact_text(const JsonValue& value) {
  std::string text;
  append(value, kCompact, 0, text);
  return text;
}

std::string pretty_text(const JsonValue& value) {
  std::string text;
  append(value, kPretty, 0, text);
  return text + '\n';
}

std::string shown(const JsonValue& value) {
  std::string text;
  append(value, kOneLine, 0, text);
  return cut(text);
}

std::string shown_text(std::string_view text) { return cut(escaped(std::string(text))); }

JsonValue number_value(double number) {
  if (!std::isfinite(number)) return nullptr;
  const bool is_negative_zero = number == 0.0 && std::signbit(number);
  if (std::floor(number) != number || std::abs(number) > kExactWhole || is_negative_zero) return number;
  return static_cast<std::int64_t>(number);
}

JsonValue parse_trusted(std::string_view text) { return JsonValue::parse(text); }

std::string child_pointer(std::string_view pointer, std::string_view key) {
  std::string child(pointer);
  child += '/';
  for (const char c : key) {
    if (c == '~') {
      child += "~0";
    } else if (c == '/') {
      child += "~1";
    } else {
      child += c;
    }
  }
  return child;
}

}  // namespace normrun::config
