#include "tables/record.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace normrun::tables {

std::string shortest(double value) {
  if (std::isnan(value)) return "nan";
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return {digits, end};
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

Cell cell_or_empty(double value) { return std::isnan(value) ? Cell{} : Cell{value}; }

std::string_view status_text(RunStatus status) {
  switch (status) {
    case RunStatus::kOk:
      return "ok";
    case RunStatus::kFailed:
      return "failed";
    case RunStatus::kDiverged:
      return "diverged";
  }
  return "";
}

std::string joined_names(const std::vector<Column>& columns) {
  std::string text;
  for (const Column& column : columns) {
    if (!text.empty()) text += ',';
    text += column.name;
  }
  return text;
}

std::string joined_fields(const std::vector<Column>& columns, const std::vector<NamedCell>& cells) {
  std::string text;
  std::size_t written = 0;
  for (const Column& column : columns) {
    if (&column != columns.data()) text += ',';
    const auto own = std::find_if(cells.begin(), cells.end(), [&](const NamedCell& cell) { return cell.column == column.name; });
    if (own == cells.end()) continue;
    text += own->cell.field();
    ++written;
  }
  if (written != cells.size()) throw std::logic_error("a cell belongs to no column of its table, or two cells belong to one column");
  return text;
}

void RunRecord::add(TableId id, const std::vector<NamedCell>& cells) {
  std::string& text = lines[static_cast<std::size_t>(id)];
  text += keys;
  text += joined_fields(table(id).columns, cells);
  text += '\n';
}

}  // namespace normrun::tables
