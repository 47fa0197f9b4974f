#include "models/options_text.hpp"

#include <fmt/format.h>

namespace normrun::models {
namespace {

/// Returns how many bytes the first UTF-8 character of `text` has; 0 if `text` does not begin with one.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t count = byte(0) < 0x80 ? 1 : byte(0) >= 0xF0 && byte(0) < 0xF5 ? 4 : byte(0) >= 0xE0 ? 3 : byte(0) >= 0xC2 ? 2 : 0;
  if (count == 0 || byte(0) >= 0xF5 || text.size() < count) return 0;
  for (std::size_t i = 1; i < count; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  if (count == 3 && ((byte(0) == 0xE0 && byte(1) < 0xA0) || (byte(0) == 0xED && byte(1) > 0x9F))) return 0;
  if (count == 4 && ((byte(0) == 0xF0 && byte(1) < 0x90) || (byte(0) == 0xF4 && byte(1) > 0x8F))) return 0;
  return count;
}

}  // namespace

std::string json_text(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t count = character_bytes(text);
    const char c = text[0];
    if (count == 0 || static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += '?';
    else if (c == '"' || c == '\\')
      out.append("\\").append(1, c);
    else
      out.append(text.substr(0, count));
    text.remove_prefix(count == 0 ? 1 : count);
  }
  return out + '"';
}

std::string& OptionsText::add(std::string_view key) { return members_.append(members_.empty() ? "\"" : ", \"").append(key).append("\": "); }

OptionsText& OptionsText::append(const OptionsText& options) {
  if (!options.members_.empty()) members_.append(members_.empty() ? "" : ", ").append(options.members_);
  return *this;
}

OptionsText& OptionsText::integer(std::string_view key, Index value) {
  add(key) += std::to_string(value);
  return *this;
}

OptionsText& OptionsText::number(std::string_view key, double value) {
  add(key) += fmt::format("{}", value);
  return *this;
}

OptionsText& OptionsText::flag(std::string_view key, bool value) {
  add(key) += value ? "true" : "false";
  return *this;
}

OptionsText& OptionsText::word(std::string_view key, std::string_view value) {
  add(key) += json_text(value);
  return *this;
}

OptionsText& OptionsText::integers(std::string_view key, const std::vector<Index>& values) {
  add(key) += fmt::format("[{}]", fmt::join(values, ", "));
  return *this;
}

OptionsText& OptionsText::words(std::string_view key, const std::vector<std::string>& values) {
  std::string& list = add(key);
  list += '[';
  for (std::size_t i = 0; i < values.size(); ++i) list.append(i == 0 ? "" : ", ").append(json_text(values[i]));
  list += ']';
  return *this;
}

}  // namespace normrun::models
