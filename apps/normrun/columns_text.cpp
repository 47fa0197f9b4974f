#include "columns_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "fmt/format.h"

namespace normrun::app {
namespace {

constexpr std::size_t kWidestColumnName = 32;

/// Returns a text with blanks behind it, so that it is `width` characters wide.
std::string padded(const std::string& text, std::size_t width) {
  const std::size_t have = characters_of(text);
  return have < width ? text + std::string(width - have, ' ') : text;
}

}  // namespace

std::string columns_text(const std::vector<data::ColumnProfile>& columns) {
  if (columns.empty()) return "";
  std::size_t width = 6;
  for (const data::ColumnProfile& column : columns) width = std::max(width, std::min(kWidestColumnName, characters_of(column.name)));
  std::string text = fmt::format("{:>5}  {} {:<11} {:>8}  {}\n", "", padded("column", width), "type", "missing", "values");
  for (const data::ColumnProfile& column : columns) {
    text += fmt::format("{:>5}  {} {:<11} {:>8}  {}\n", column.place < 0 ? "" : std::to_string(column.place),
                        padded(shortened(column.name, kWidestColumnName), width), column.kind,
                        column.missing > 0 ? std::to_string(column.missing) : "", column.detail);
  }
  return text;
}

std::string columns_json(const std::vector<data::ColumnProfile>& columns) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const data::ColumnProfile& column : columns) {
    list.push_back(
        {{"index", column.place}, {"name", column.name}, {"type", column.kind}, {"missing", column.missing}, {"values", column.detail}});
  }
  return list.dump();
}

}  // namespace normrun::app
