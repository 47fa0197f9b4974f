#include "data/csv_table.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "core/error.hpp"
#include "data/csv_sample.hpp"
#include "data/csv_text.hpp"

namespace normrun::data {
namespace {

constexpr std::size_t kSampleBytes = std::size_t{1} << 18;
constexpr std::size_t kMostWords = 1000;  // how many distinct words of a column are kept
constexpr Index kLeastCounted = 8;        // a column is taken for an index only if it counts at least this many rows

std::string place_text(const CsvPlace& place) { return ':' + std::to_string(place.line) + ':' + std::to_string(place.byte); }

std::string quoted(std::string_view text) { return '"' + std::string(text.substr(0, 40)) + '"'; }

/// Reads the beginning of a text, as much as is needed to judge the format.
std::string beginning_of(CsvText& text, CsvExtent& extent) {
  std::string beginning;
  extent = CsvExtent::kBeginning;
  while (beginning.size() < kSampleBytes) {
    if (text.read_more(beginning)) continue;
    extent = CsvExtent::kWhole;
    break;
  }
  return beginning;
}

class TableReader {
 public:
  TableReader(const std::string& path, const CsvOptions& options) : options_(options), text_(path, options.encoding) { table_.path = path; }

  InputTable read() {
    open();
    read_first_record();
    while (scanner_->next(cells_)) add_row();
    if (table_.rows == 0) throw Error(ExitCode::kDamaged, {table_.path, "holds no row of data", "a table has at least one row"});
    find_index_column();
    if (is_latin1_) {
      table_.notes.push_back(table_.path + ": bytes that are no UTF-8 were read as Latin-1; \"encoding\": \"latin-1\" says so");
    }
    return std::move(table_);
  }

 private:
  void open() {
    CsvExtent extent = CsvExtent::kWhole;
    std::string beginning = beginning_of(text_, extent);
    sample_ = sniff_csv(table_.path, beginning, extent, options_);
    if (sample_.records.empty() && beginning.find_first_not_of("\r\n \t") == std::string::npos) {
      throw Error(ExitCode::kDamaged, {table_.path, "is empty", "a table has at least one row"});
    }
    table_.dialect = sample_.dialect;
    reader_ = CellReader(sample_.dialect.decimal, sample_.dialect.thousands, options_.missing);
    scanner_.emplace(table_.path, std::move(beginning), text_, sample_.dialect);
  }

  void read_first_record() {
    if (!scanner_->next(cells_)) throw Error(ExitCode::kDamaged, {table_.path, "is empty", "a table has at least one row"});
    table_.columns = static_cast<Index>(cells_.size()) + (sample_.has_short_header ? 1 : 0);
    check_first_record();
    columns_.emplace(table_.path, options_, table_.columns);
    const bool may_have_header = options_.header == CsvHeader::kAuto && (columns_->needs_names() || first_record_names(sample_, reader_));
    const bool has_header = options_.header == CsvHeader::kYes || may_have_header;
    if (has_header) {
      if (sample_.has_short_header) table_.names.emplace_back();
      for (const CsvCell& cell : cells_) table_.names.push_back(cell_text(trimmed_cell(cell.text), is_latin1_));
    }
    columns_->find_by_name(table_.names);
    describe_columns();
    if (!has_header) add_row();
    sample_ = {};
  }

  /// Refuses a first record that has another number of cells than most records.  A title is such a record.
  void check_first_record() const {
    if (sample_.odd_first_records == 0 || sample_.has_short_header || options_.header == CsvHeader::kNo) return;
    if (sample_.records.size() < 3 || sample_.columns < 2) return;
    throw Error(ExitCode::kDamaged,
                {table_.path + place_text(cells_[0].place),
                 "the first line has " + std::to_string(cells_.size()) + " cells, but most lines have " + std::to_string(sample_.columns),
                 "skip the lines before the table: \"skip_rows\": " + std::to_string(sample_.odd_first_lines) +
                     ", or set \"delimiter\" to what separates the columns"});
  }

  void describe_columns() {
    slots_.assign(static_cast<std::size_t>(table_.columns), 0);
    for (Index c = 0; c < table_.columns; ++c) {
      const std::string name = table_.names.empty() ? "" : table_.names[static_cast<std::size_t>(c)];
      std::size_t& slot = slots_[static_cast<std::size_t>(c)];
      switch (columns_->role(c)) {
        case CsvRole::kFeature:
          slot = table_.inputs.size();
          table_.inputs.emplace_back(name, c).is_category = columns_->is_category(c);
          break;
        case CsvRole::kLabel:
          slot = static_cast<std::size_t>(columns_->label_place(c));
          ++table_.label_count;
          break;
        case CsvRole::kSequence:
        case CsvRole::kTime:
        case CsvRole::kWeight:
        case CsvRole::kIgnored:
          break;
      }
    }
    table_.label_names.resize(static_cast<std::size_t>(table_.label_count));
    for (Index c = 0; c < table_.columns; ++c) {
      if (columns_->role(c) == CsvRole::kLabel && !table_.names.empty())
        table_.label_names[slots_[static_cast<std::size_t>(c)]] = table_.names[static_cast<std::size_t>(c)];
    }
    table_.cells.start(static_cast<Index>(table_.inputs.size()));
    counts_ = !table_.inputs.empty() && table_.inputs[0].place == 0;
  }

  void add_row() {
    ++table_.rows;
    const auto expected = static_cast<std::size_t>(table_.columns);
    if (cells_.size() != expected) ragged();
    if (options_.has_sequences()) table_.places.push_back(cells_[0].place);
    CellValue* const row = table_.cells.add_row();
    has_label_ = true;
    if (options_.target == CsvTarget::kNumber && table_.label_count > 0)
      table_.numbers.resize(table_.numbers.size() + static_cast<std::size_t>(table_.label_count), kNoNumber);
    for (std::size_t c = 0; c < expected; ++c) {
      const CsvRole role = columns_->role(static_cast<Index>(c));
      if (role == CsvRole::kFeature) {
        row[slots_[c]] = value_of(slots_[c], cells_[c]);
      } else if (role != CsvRole::kIgnored) {
        add_special(role, c);
      }
    }
    if (counts_) count_index(row[0]);
    if (!has_label_) ++table_.unlabelled;
  }

  CellValue value_of(std::size_t slot, const CsvCell& cell) {
    const CellNumber number = reader_.read(cell.text);
    if (number.reading == CellReading::kNumber) return CellValue::of_number(number.value);
    InputColumn& column = table_.inputs[slot];
    const CellPlace at{cell.place, table_.rows};
    if (number.reading == CellReading::kMissing) {
      if (column.missing++ == 0) {
        column.first_missing = at;
        column.missing_word = trimmed_cell(cell.text);
      }
      return CellValue::of_missing();
    }
    if (number.reading == CellReading::kText || options_.part == CsvPart::kInspected) return word_of(column, cell, at);
    refuse_number(number.reading, cell, table_.where(column, at));
  }

  CellValue word_of(InputColumn& column, const CsvCell& cell, const CellPlace& at) {
    const std::string_view text = trimmed_cell(cell.text);
    ++column.word_cells;
    std::optional<CellDate> date;
    if (column.are_dates) {
      date = read_date(text);
      column.are_dates = date.has_value();
      column.has_times = column.has_times || (date && date->has_time);
      column.has_days = column.has_days || (date && date->has_date);
    }
    std::string word = cell_text(text, is_latin1_);
    const auto known = column.ids.find(word);
    if (known != column.ids.end()) {
      ++column.words[known->second].count;
      return CellValue::of_word(known->second);
    }
    if (column.words.size() == kMostWords) {
      column.has_more_words = true;
      return date ? CellValue::of_date(date->seconds) : CellValue::of_word(kMostWords);
    }
    column.ids.emplace(word, column.words.size());
    column.words.push_back({std::move(word), 1, at});
    return CellValue::of_word(column.words.size() - 1);
  }

  void add_special(CsvRole role, std::size_t c) {
    const CsvCell& cell = cells_[c];
    if (role == CsvRole::kLabel) return options_.target == CsvTarget::kClass ? add_class(c) : add_number(c);
    if (role == CsvRole::kWeight) return add_weight(c);
    const CellNumber number = reader_.read_plain(cell.text);
    if (number.reading == CellReading::kMissing) damaged(c, "the cell is empty", "fill in the value or remove the row");
    if (number.reading == CellReading::kNotFinite || number.reading == CellReading::kOutOfRange)
      refuse_number(number.reading, cell, where(c));
    if (role == CsvRole::kSequence) {
      table_.sequences.push_back(cell_text(trimmed_cell(cell.text), is_latin1_));
      return;
    }
    const std::optional<CellDate> date = number.reading == CellReading::kText ? read_date(trimmed_cell(cell.text)) : std::nullopt;
    if (number.reading == CellReading::kText && !date) damaged(c, quoted(cell.text) + " is no number", "a time is a number or a date");
    table_.times.push_back(date ? date->seconds : number.value);
  }

  void add_class(std::size_t c) {
    const CsvCell& cell = cells_[c];
    const CellNumber number = reader_.read_plain(cell.text);
    const std::string_view text = trimmed_cell(cell.text);
    if (number.reading == CellReading::kMissing || reader_.is_listed_missing(text)) {
      refuse_unlabelled(c);
      table_.label_ids.push_back(InputTable::kNoLabel);
      return;
    }
    if (number.reading == CellReading::kNotFinite || number.reading == CellReading::kOutOfRange)
      refuse_number(number.reading, cell, where(c));
    table_.label_ids.push_back(label_id(cell_text(text, is_latin1_), cell.place));
  }

  void add_number(std::size_t c) {
    const CsvCell& cell = cells_[c];
    const CellNumber number = reader_.read(cell.text);
    if (number.reading == CellReading::kMissing) return refuse_unlabelled(c);
    if (number.reading == CellReading::kText) {
      damaged(c, quoted(cell.text) + " is no number",
              table_.names.empty() && table_.rows == 1
                  ? "set \"header\": true if the first line names the columns"
                  : "name another column as \"label\", or set \"target\": \"class\" to take words as classes");
    }
    if (number.reading != CellReading::kNumber) refuse_number(number.reading, cell, where(c));
    const std::size_t row = table_.numbers.size() - static_cast<std::size_t>(table_.label_count);
    table_.numbers[row + slots_[c]] = number.value;
  }

  void add_weight(std::size_t c) {
    const CellNumber number = reader_.read(cells_[c].text);
    if (number.reading == CellReading::kNumber && number.value >= 0.0) return table_.weights.push_back(number.value);
    if (number.reading == CellReading::kMissing)
      damaged(c, "the weight is missing", "fill in the weight; a weight of 0 leaves the row out of the loss");
    damaged(c, quoted(trimmed_cell(cells_[c].text)) + " is no weight", "a weight is a number of 0 or more");
  }

  void refuse_unlabelled(std::size_t c) {
    has_label_ = false;
    if (options_.drops_unlabelled()) return;
    const std::string_view text = trimmed_cell(cells_[c].text);
    damaged(c, text.empty() ? "the cell is empty" : quoted(text) + " is no number but a missing label",
            "fill in the label, or leave such rows out: \"unlabelled\": \"drop\"");
  }

  std::size_t label_id(std::string text, CsvPlace place) {
    const auto [entry, is_new] = label_ids_.try_emplace(std::move(text), table_.labels.size());
    if (is_new) table_.labels.push_back({entry->first, place, table_.rows});
    ++table_.labels[entry->second].count;
    return entry->second;
  }

  /// Keeps track of whether the first column counts the rows, from 0 or from 1.
  void count_index(CellValue value) {
    if (value.kind() != CellValue::Kind::kNumber) {
      counts_ = false;
      return;
    }
    if (table_.rows == 1) first_count_ = value.number();
    counts_ = (first_count_ == 0.0 || first_count_ == 1.0) && value.number() == first_count_ + static_cast<double>(table_.rows - 1);
  }

  void find_index_column() {
    if (options_.index == CsvIndex::kKeep || table_.inputs.size() < 2 || table_.inputs[0].place != 0 || table_.inputs[0].is_category)
      return;
    const std::string& name = table_.inputs[0].name;
    const bool has_no_name = !table_.names.empty() && (name.empty() || name == "Unnamed: 0");
    table_.is_index_counting = counts_ && table_.rows >= kLeastCounted;
    if (has_no_name || table_.is_index_counting) table_.index_column = 0;
  }

  [[noreturn]] void refuse_number(CellReading reading, const CsvCell& cell, const std::string& at) const {
    const std::string text = '"' + std::string(trimmed_cell(cell.text)) + '"';
    if (reading == CellReading::kNotFinite) {
      throw Error(ExitCode::kDamaged,
                  {at, text + " is no finite number", "correct the cell, or count the word as missing: \"missing\": [" + text + "]"});
    }
    throw Error(ExitCode::kDamaged, {at, text + " is too large or too small for a double", "correct the cell"});
  }

  [[noreturn]] void ragged() const {
    const CsvCell& last = cells_[std::min(cells_.size() - 1, static_cast<std::size_t>(table_.columns))];
    throw Error(
        ExitCode::kDamaged,
        {table_.where({last.place, table_.rows}),
         "the row has " + std::to_string(cells_.size()) + " cells, but the first line has " + std::to_string(table_.columns) + " cells",
         "quote cells with a " + delimiter_name() + " in them; \"skip_rows\" leaves lines before the table out"});
  }

  std::string delimiter_name() const {
    switch (table_.dialect.delimiter) {
      case ',':
        return "comma";
      case ';':
        return "semicolon";
      case '\t':
        return "tab";
      case ' ':
        return "blank";
      default:
        return std::string("\"") + table_.dialect.delimiter + '"';
    }
  }

  std::string where(std::size_t c) const {
    const InputColumn column(table_.names.empty() ? "" : table_.names[c], static_cast<Index>(c));
    return table_.where(column, {cells_[c].place, table_.rows});
  }

  [[noreturn]] void damaged(std::size_t c, const std::string& what, const std::string& hint) const {
    throw Error(ExitCode::kDamaged, {where(c), what, hint});
  }

  static constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
  const CsvOptions& options_;
  CsvText text_;
  CsvSample sample_;
  CellReader reader_;
  std::optional<CsvScanner> scanner_;
  std::vector<CsvCell> cells_;  // the cells of the current record
  InputTable table_;
  std::optional<CsvColumns> columns_;                       // empty until the first record is read
  std::vector<std::size_t> slots_;                          // for each column, its place among the inputs or the labels
  std::unordered_map<std::string, std::size_t> label_ids_;  // for look-ups only, because iterating has no fixed order
  bool has_label_ = true;                                   // whether the current row has a label
  bool counts_ = false;                                     // whether the first column has counted the rows so far
  double first_count_ = 0.0;
  bool is_latin1_ = false;
};

}  // namespace

std::string InputColumn::text() const { return name.empty() ? "column " + std::to_string(place) : "column \"" + name + '"'; }

std::string InputTable::where(const InputColumn& column, const CellPlace& at) const {
  const std::string name = column.name.empty() ? std::to_string(column.place + 1) : '"' + column.name + '"';
  return path + place_text(at.place) + " (row " + std::to_string(at.row) + ", column " + name + ')';
}

std::string InputTable::where(const CellPlace& at) const { return path + place_text(at.place) + " (row " + std::to_string(at.row) + ')'; }

InputTable read_csv(const std::string& path, const CsvOptions& options) { return TableReader(path, options).read(); }

}  // namespace normrun::data
