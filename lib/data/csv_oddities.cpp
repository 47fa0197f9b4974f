#include "data/csv_oddities.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>

#include "core/error.hpp"
#include "data/csv_number.hpp"

namespace normrun::data {

std::string word_list(const InputColumn& column) {
  std::string list;
  for (const ColumnWord& word : column.words) list += (list.empty() ? "\"" : ", \"") + word.text + '"';
  return list;
}

namespace {

/// A letter before a number makes a name of it, such as P12; a letter behind it may be a unit.
bool has_letter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

}  // namespace

std::string mark_of_numbers(const InputColumn& column) {
  static constexpr std::string_view kNumber = "+-.,0123456789";
  std::string mark;
  for (const ColumnWord& word : column.words) {
    const std::string_view text = trimmed_cell(word.text);
    const std::size_t first = text.find_first_of("0123456789");
    const std::size_t last = text.find_last_of("0123456789");
    if (first == std::string_view::npos) return "";
    const std::size_t begin = first > 0 && kNumber.find(text[first - 1]) != std::string_view::npos ? first - 1 : first;
    const std::string_view number = text.substr(begin, last + 1 - begin);
    const bool is_number = CellReader('.', '\0', {}).read_plain(number).reading == CellReading::kNumber ||
                           CellReader('.', ',', {}).read_plain(number).reading == CellReading::kNumber ||
                           CellReader(',', '.', {}).read_plain(number).reading == CellReading::kNumber;
    const std::string_view before = trimmed_cell(text.substr(0, begin));
    const std::string_view behind = trimmed_cell(text.substr(last + 1));
    if (!is_number || before.empty() == behind.empty() || has_letter(before)) return "";
    const std::string_view own = before.empty() ? behind : before;
    if (mark.empty()) mark = own;
    if (own != mark) return "";
  }
  return mark;
}

bool tells_same(const InputTable& table, std::size_t input, std::size_t other) {
  constexpr Index kOften = 3;
  if (other >= table.inputs.size()) return false;
  std::map<std::uint64_t, std::uint64_t> partners;
  std::set<std::uint64_t> told;
  const auto code = [](CellValue cell) { return std::bit_cast<std::uint64_t>(cell); };
  for (Index row = 0; row < table.rows; ++row) {
    const auto cells = table.cells.row(row);
    if (cells[other].kind() == CellValue::Kind::kMissing) continue;
    const auto [place, is_new] = partners.emplace(code(cells[input]), code(cells[other]));
    if (place->second != code(cells[other])) return false;
    if (is_new && !told.insert(place->second).second) return false;
    if (static_cast<Index>(partners.size()) * kOften > table.rows) return false;
  }
  return partners.size() > 1;
}

void refuse_units(const InputTable& table) {
  constexpr Index kMany = 2;
  Index columns = 0;
  Index line = 0;
  for (const InputColumn& column : table.inputs) {
    const bool is_odd = column.words.size() == 1 && column.words[0].first.row == 1 && column.word_cells == 1;
    if (!is_odd || column.missing + 1 >= table.rows) continue;
    ++columns;
    line = column.words[0].first.place.line;
  }
  if (columns < kMany) return;
  throw Error(ExitCode::kDamaged, {table.path + ':' + std::to_string(line),
                                   "holds words in " + std::to_string(columns) + " columns whose other rows hold numbers",
                                   "if these are units, remove this line"});
}

}  // namespace normrun::data
