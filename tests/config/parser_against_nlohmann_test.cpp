#include <doctest/doctest.h>

#include <cstdint>
#include <nlohmann/json.hpp>

#include "config/options/document.hpp"
#include "core/error.hpp"

using namespace normrun;
using nlohmann::ordered_json;

namespace {

/// A small generator of its own: the same texts on every machine.
class Numbers {
 public:
  std::size_t below(std::size_t bound) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state_ >> 33) % bound;
  }

 private:
  std::uint64_t state_ = 7;
};

const std::string kText =
    "{\r\n  \"größe\": [1, -2.5e3, 0.1E-2, true, false, null], // a comment, \"not\" a text\n"
    "  \"text\": \"a\\\"b\\\\ \\u00e9 \\ud83d\\ude00 // no comment\",\t\"a/b~c\": {\"\": {}, \"d\": [[], [ {\"e\" : 0}]]} /* : , [ */ , "
    "\"f\":-0\n}\n";

const std::string kPieces[] = {"\"", ",",  ":",  "{",  "}",  "[",  "]", "1",    "-", ".",   "e", "/",
                               "*",  "//", "/*", "*/", "\\", "\n", " ", "true", "é", "nul", "0"};

std::string mutated(Numbers& numbers) {
  std::string text = kText;
  for (std::size_t edits = 1 + numbers.below(3); edits > 0; --edits) {
    const std::size_t place = numbers.below(text.size());
    const std::size_t length = numbers.below(3);
    text.erase(place, length);
    if (numbers.below(3) > 0) text.insert(std::min(place, text.size()), kPieces[numbers.below(std::size(kPieces))]);
  }
  return text;
}

/// Offset of "name:line:column …".
std::size_t offset_of(const std::string& text, const std::string& where) {
  const std::size_t first = where.find(':');
  std::size_t line = std::stoul(where.substr(first + 1));
  std::size_t column = std::stoul(where.substr(where.find(':', first + 1) + 1));
  std::size_t offset = 0;
  while (line > 1) {
    const char c = text.at(offset++);
    if (c == '\n' || (c == '\r' && text.at(offset) != '\n')) --line;
  }
  while (column > 1) {
    ++offset;
    while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0) == 0x80) ++offset;
    --column;
  }
  return offset;
}

/// Whether the text from there on begins with the JSON value.
bool begins_with_value(const std::string& text, std::size_t offset, const ordered_json& value) {
  if (value.is_object()) return text.at(offset) == '{';
  if (value.is_array()) return text.at(offset) == '[';
  if (value.is_string()) return text.at(offset) == '"';
  const std::string word = text.substr(offset, text.find_first_of(" ,]}\r\n\t/", offset) - offset);
  return ordered_json::accept(word) && ordered_json::parse(word) == value;
}

std::size_t check_places(const std::string& text, const config::Document& document, const ordered_json& value, const std::string& pointer) {
  const std::size_t offset = offset_of(text, document.where(pointer));
  CHECK(begins_with_value(text, offset, value));
  std::size_t count = 1;
  if (!value.is_structured()) return count;
  for (const auto& [key, child] : value.items()) {
    const std::string step = (ordered_json::json_pointer() / key).to_string();
    count += check_places(text, document, child, pointer + step);
  }
  return count;
}

bool has_twin_keys(const std::string& message) { return message.find("given twice") != std::string::npos; }

}  // namespace

TEST_CASE("every value of a crowded text stands where it is said to stand") {
  const config::Document document = config::Document::parse(kText, "t");
  CHECK(check_places(kText, document, ordered_json::parse(kText, nullptr, true, true), "") == 17);
}

TEST_CASE("10,000 damaged texts: taken and refused as nlohmann does, every value in its place, every message whole") {
  Numbers numbers;
  int taken = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string text = mutated(numbers);
    CAPTURE(text);
    const ordered_json value = ordered_json::parse(text, nullptr, false, true);
    try {
      const config::Document document = config::Document::parse(text, "t");
      REQUIRE_FALSE(value.is_discarded());
      REQUIRE(ordered_json::parse(document.dump()) == value);
      check_places(text, document, value, "");
      ++taken;
    } catch (const Error& error) {
      const std::string message = error.what();
      const bool is_utf8_matter = message.find("not UTF-8") != std::string::npos;
      REQUIRE((value.is_discarded() || !value.is_object() || has_twin_keys(message) || is_utf8_matter));
      REQUIRE(message.find("t:") == 0);
      REQUIRE(message.find("nlohmann") == std::string::npos);
    }
  }
  CHECK(taken > 500);
  CHECK(taken < 9'000);
}
