#include "tables/csv_table.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace normrun::tables {
namespace {

bool is_special(char c) { return c == ',' || c == '\n' || c == '"'; }

/// Reads the record that begins at `position`, and moves `position` to the character after the record's newline.
std::vector<std::string> read_record(std::string_view text, std::size_t& position) {
  constexpr std::size_t kUsualFields = 16;
  std::vector<std::string> fields;
  fields.reserve(kUsualFields);
  fields.emplace_back();
  bool quoted = false;
  while (position < text.size()) {
    std::size_t end = position;
    while (end < text.size() && !is_special(text[end])) ++end;
    fields.back().append(text, position, end - position);
    position = end;
    if (position == text.size()) break;
    const char c = text[position++];
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (position < text.size() && text[position] == '"') {
        fields.back() += '"';
        ++position;
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else {
      break;
    }
  }
  return fields;
}

}  // namespace

std::vector<std::string> split_csv_line(std::string_view line) {
  std::size_t position = 0;
  return read_record(line, position);
}

std::vector<std::vector<std::string>> split_csv(std::string_view text) {
  std::vector<std::vector<std::string>> lines;
  for (std::size_t position = 0; position < text.size();) lines.push_back(read_record(text, position));
  return lines;
}

std::optional<double> find_number(std::string_view field) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
  return value;
}

double read_number(std::string_view field) { return find_number(field).value_or(std::numeric_limits<double>::quiet_NaN()); }

ResultTable::ResultTable(std::string_view text) : rows_(split_csv(text)) {
  if (rows_.empty()) return;
  header_ = std::move(rows_.front());
  rows_.erase(rows_.begin());
}

int ResultTable::column(std::string_view name) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  return found == header_.end() ? -1 : static_cast<int>(found - header_.begin());
}

}  // namespace normrun::tables
