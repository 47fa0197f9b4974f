#include "tables/record.hpp"

#include <cassert>
#include <charconv>
#include <cmath>

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

void RunRecord::add(TableId id, const std::vector<Cell>& cells) {
  assert(cells.size() == table(id).columns.size());
  std::string& text = lines[static_cast<std::size_t>(id)];
  text += keys;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) text += ',';
    text += cells[i].field();
  }
  text += '\n';
}

}  // namespace normrun::tables
