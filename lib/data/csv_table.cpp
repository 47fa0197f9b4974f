#include "data/csv_table.hpp"

#include <charconv>
#include <cmath>
#include <compare>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/error.hpp"
#include "files/input_file.hpp"

namespace normrun::data {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

enum class Reading { kNumber, kEmpty, kNotFinite, kOutOfRange, kText };
struct ReadNumber {
  Reading reading = Reading::kText;
  double value = 0.0;
};

/// Decimal notation, without regard to the locale; a leading + is understood.
ReadNumber read_number(std::string_view cell) {
  std::string_view text = trimmed(cell);
  if (text.empty()) return {Reading::kEmpty, 0.0};
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return {Reading::kText, 0.0};
  if (error == std::errc::result_out_of_range) return {Reading::kOutOfRange, 0.0};
  return {std::isfinite(value) ? Reading::kNumber : Reading::kNotFinite, value};
}

std::optional<std::int64_t> whole_number(const std::string& text) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  const ReadNumber read = read_number(text);
  if (read.reading != Reading::kNumber || std::abs(read.value) > kExact || read.value != std::floor(read.value)) return std::nullopt;
  return static_cast<std::int64_t>(read.value);
}

struct Cell {
  std::string text;
  CsvPlace place;
};

class TableReader {
 public:
  TableReader(const std::string& path, std::string_view text, const CsvOptions& options) : options_(options), scanner_(path, text) {
    table_.path = path;
  }

  CsvTable read() {
    const std::vector<Cell> first = first_record();
    table_.columns = static_cast<Index>(first.size());
    columns_.emplace(table_.path, options_, table_.columns);
    table_.feature_count = columns_->feature_count();
    const bool has_header =
        options_.header == CsvHeader::kYes || (options_.header == CsvHeader::kAuto && (columns_->needs_names() || names_columns(first)));
    if (has_header) {
      for (const Cell& cell : first) table_.names.emplace_back(trimmed(cell.text));
    }
    columns_->find_by_name(table_.names);
    if (!has_header) {
      begin_row(first[0].place);
      for (std::size_t c = 0; c < first.size(); ++c) add_cell(static_cast<Index>(c), first[c].text, first[c].place);
    }
    while (scanner_.has_record()) add_row();
    if (table_.rows == 0) throw Error(ExitCode::kDamaged, {table_.path, "holds no row of data", "a table has at least one row"});
    return std::move(table_);
  }

 private:
  std::vector<Cell> first_record() {
    std::vector<Cell> cells;
    if (!scanner_.has_record()) throw Error(ExitCode::kDamaged, {table_.path, "is empty", "a table has at least one row"});
    for (bool ends = false; !ends;) {
      const CsvCell cell = scanner_.next();
      cells.push_back({std::string(cell.text), cell.place});
      ends = cell.ends_record;
    }
    return cells;
  }

  bool names_columns(const std::vector<Cell>& first) const {
    for (std::size_t c = 0; c < first.size(); ++c) {
      const bool is_label = columns_->role(static_cast<Index>(c)) == CsvRole::kLabel;
      if (!is_label && read_number(first[c].text).reading != Reading::kText) return false;
    }
    return true;
  }

  void begin_row(CsvPlace place) {
    ++table_.rows;
    if (options_.has_sequences()) table_.places.push_back(place);
  }

  void add_row() {
    Index column = 0;
    for (bool ends = false; !ends; ++column) {
      const CsvCell cell = scanner_.next();
      if (column == 0) begin_row(cell.place);
      ends = cell.ends_record;
      if (column < table_.columns) add_cell(column, cell.text, cell.place);
      if (column >= table_.columns || (ends && column + 1 < table_.columns)) ragged(cell.place);
    }
  }

  void add_cell(Index column, std::string_view text, CsvPlace place) {
    const CsvRole role = columns_->role(column);
    if (role == CsvRole::kIgnored) return;
    const ReadNumber number = read_number(text);
    if (number.reading == Reading::kEmpty) damaged(column, place, "the cell is empty", "fill in the value or remove the row");
    if (number.reading == Reading::kNotFinite) {
      damaged(column, place, '"' + std::string(trimmed(text)) + "\" is no finite number", "fill in the value or remove the row");
    }
    if (number.reading == Reading::kOutOfRange) {
      damaged(column, place, '"' + std::string(trimmed(text)) + "\" is too large or too small for a double", "correct the cell");
    }
    if (role == CsvRole::kSequence) {
      table_.sequences.emplace_back(trimmed(text));
      return;
    }
    if (role == CsvRole::kLabel && options_.target == CsvTarget::kClass) {
      table_.label_ids.push_back(label_id(trimmed(text), place));
      return;
    }
    if (number.reading == Reading::kText) {
      damaged(column, place, '"' + std::string(text.substr(0, 40)) + "\" is no number",
              table_.names.empty() && table_.rows == 1 ? "set \"header\": true if the first line names the columns"
                                                       : "correct the cell, or leave columns of words out: \"ignore\": [names]");
    }
    (role == CsvRole::kLabel ? table_.numbers : role == CsvRole::kTime ? table_.times : table_.features).push_back(number.value);
  }

  std::size_t label_id(std::string_view text, CsvPlace place) {
    const auto [entry, is_new] = label_ids_.try_emplace(std::string(text), table_.labels.size());
    if (is_new) table_.labels.push_back({entry->first, place, table_.rows});
    return entry->second;
  }

  [[noreturn]] void ragged(CsvPlace place) {
    throw Error(
        ExitCode::kDamaged,
        {table_.path + ':' + std::to_string(place.line) + ':' + std::to_string(place.byte) + " (row " + std::to_string(table_.rows) + ')',
         "the row does not have the first line's " + std::to_string(table_.columns) + " cells", "a cell with a comma in it is quoted"});
  }

  [[noreturn]] void damaged(Index column, CsvPlace place, const std::string& what, const std::string& hint) const {
    const std::string name = table_.names.empty() ? std::to_string(column + 1) : '"' + table_.names[static_cast<std::size_t>(column)] + '"';
    throw Error(ExitCode::kDamaged, {table_.path + ':' + std::to_string(place.line) + ':' + std::to_string(place.byte) + " (row " +
                                         std::to_string(table_.rows) + ", column " + name + ')',
                                     what, hint});
  }

  const CsvOptions& options_;
  CsvScanner scanner_;
  CsvTable table_;
  std::optional<CsvColumns> columns_;                       // known with the first record
  std::unordered_map<std::string, std::size_t> label_ids_;  // looked up, never walked
};

}  // namespace

CsvTable read_csv(const std::string& path, const CsvOptions& options) {
  files::InputFile file(path);
  const std::string text = file.read_rest();
  return TableReader(path, text, options).read();
}

CsvClasses::CsvClasses(const CsvTable& table) : path_(table.path) {
  for (const CsvTable::Label& label : table.labels) {
    are_numbers_ = are_numbers_ && read_number(label.text).reading == Reading::kNumber;
    are_whole_numbers_ = are_whole_numbers_ && whole_number(label.text).has_value();
  }
  for (const CsvTable::Label& label : table.labels) by_key_.emplace(key_of(label.text), 0);
  std::int32_t next = 0;
  for (auto& [key, number] : by_key_) number = next++;
}

CsvClasses::Key CsvClasses::key_of(const std::string& text) const {
  if (!are_whole_numbers_) return {0, text};
  const std::optional<std::int64_t> number = whole_number(text);
  return number ? Key{*number, {}} : Key{0, text};  // a text is no key of whole numbers: it is not found
}

std::vector<std::int32_t> CsvClasses::labels_of(const CsvTable& table) const {
  std::vector<std::int32_t> classes;
  for (const CsvTable::Label& label : table.labels) {
    const auto found = by_key_.find(key_of(label.text));
    if (found == by_key_.end()) {
      throw Error(ExitCode::kDamaged,
                  {table.path + ':' + std::to_string(label.place.line) + ':' + std::to_string(label.place.byte) + " (row " +
                       std::to_string(label.row) + ')',
                   "label \"" + label.text + "\" does not occur in " + path_, "the test rows have the training file's classes"});
    }
    classes.push_back(found->second);
  }
  std::vector<std::int32_t> labels;
  labels.reserve(table.label_ids.size());
  for (const std::size_t id : table.label_ids) labels.push_back(classes[id]);
  return labels;
}

}  // namespace normrun::data
