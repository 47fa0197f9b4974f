#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/csv_columns.hpp"
#include "data/csv_number.hpp"
#include "data/csv_scanner.hpp"

namespace normrun::data {

/// A cell of an input column as eight bytes: a number, or, as a NaN, a missing value, a word by its place among the column's
/// words, or a date.  Whole columns of numbers then need no second memory for the few cells that are none.
class CellValue {
 public:
  enum class Kind : std::uint64_t { kNumber, kMissing, kWord, kDate };
  CellValue() = default;
  static CellValue of_number(double number) { return CellValue(std::bit_cast<std::uint64_t>(number)); }
  static CellValue of_missing() { return boxed(Kind::kMissing, 0); }
  static CellValue of_word(std::size_t word) { return boxed(Kind::kWord, word); }
  static CellValue of_date(double seconds) { return boxed(Kind::kDate, static_cast<std::uint64_t>(seconds + kEpoch)); }

  Kind kind() const { return (bits_ & kBox) == kBox ? static_cast<Kind>((bits_ >> 48) & 3) : Kind::kNumber; }
  double number() const { return std::bit_cast<double>(bits_); }
  std::size_t word() const { return static_cast<std::size_t>(bits_ & kPayload); }
  double seconds() const { return static_cast<double>(bits_ & kPayload) - kEpoch; }

 private:
  static constexpr std::uint64_t kBox = 0x7FF8000000000000;  // the numbers are finite: no number has these bits
  static constexpr std::uint64_t kPayload = 0x0000FFFFFFFFFFFF;
  static constexpr double kEpoch = 1e11;  // seconds before 1970 that can be stored
  explicit CellValue(std::uint64_t bits) : bits_(bits) {}
  static CellValue boxed(Kind kind, std::uint64_t payload) {
    return CellValue(kBox | (static_cast<std::uint64_t>(kind) << 48) | (payload & kPayload));
  }
  std::uint64_t bits_;
};
static_assert(sizeof(CellValue) == 8);

/// Rows of cells in pieces, so that the memory grows by what is there and can be given back from the front.
class CellRows {
 public:
  void start(Index columns);
  CellValue* add_row();
  Index rows() const { return rows_; }
  const CellValue* row(Index row) const {
    return pieces_[static_cast<std::size_t>(row / rows_of_piece_)].get() + row % rows_of_piece_ * columns_;
  }
  /// Gives the memory of all rows before this one back; they are not read again.
  void release_before(Index row);

 private:
  Index columns_ = 0;
  Index rows_of_piece_ = 1;
  Index rows_ = 0;
  std::size_t released_ = 0;
  std::vector<std::unique_ptr<CellValue[]>> pieces_;
};

/// Where a cell stands.
struct CellPlace {
  CsvPlace place;
  Index row = 0;  // of data, from 1; 0: nowhere
};

/// A word of a column, and where it stands first.
struct ColumnWord {
  std::string text;
  Index count = 0;
  CellPlace first;
};

/// What the cells of an input column are.
struct InputColumn {
  InputColumn(std::string name_in, Index place_in) : name(std::move(name_in)), place(place_in) {}
  std::string name;          // "" where the file gives none
  Index place = 0;           // among all columns
  bool is_category = false;  // the config says so
  Index missing = 0;
  CellPlace first_missing;
  std::string missing_word;
  Index word_cells = 0;
  std::vector<ColumnWord> words;
  bool has_more_words = false;  // than are kept
  bool are_dates = true;        // every word is
  bool has_times = false;       // some date has a time of day
  bool has_days = false;
  std::unordered_map<std::string, std::size_t> ids;  // of the words; looked up, never walked

  /// "column "age"" or "column 3", counted from 0 as `ignore` counts.
  std::string text() const;
};

/// A table of numbers and words with one or several columns of labels.
struct InputTable {
  /// A label as the file writes it, and the first row that has it.
  struct Label {
    std::string text;
    CsvPlace place;
    Index row = 1;
    Index count = 0;
  };
  std::string path;
  CsvDialect dialect;
  std::vector<std::string> names;  // of all columns; empty without a header
  Index columns = 0;               // all of them
  Index rows = 0;
  std::vector<InputColumn> inputs;
  CellRows cells;                  // (rows, inputs)
  Index index_column = -1;         // among the inputs: it only counts the rows, or has no name and stands first
  bool is_index_counting = false;  // it counts them
  Index label_count = 0;
  std::vector<std::string> label_names;
  std::vector<double> numbers;         // (rows, label_count) where target is kNumber; NaN: missing
  std::vector<std::size_t> label_ids;  // (rows) into labels, where target is kClass; kNoLabel: missing
  static constexpr std::size_t kNoLabel = static_cast<std::size_t>(-1);
  std::vector<Label> labels;  // distinct, in the order of their first rows
  Index unlabelled = 0;       // rows without a label

  // Of sequences, for each row; otherwise empty.
  std::vector<std::string> sequences;  // which one, as the file writes it
  std::vector<double> times;           // empty without a time column
  std::vector<CsvPlace> places;        // where the row begins
  std::vector<std::string> notes;      // what whoever uses the file should know

  /// "table.csv:3:5 (row 2, column "age")"
  std::string where(const InputColumn& column, const CellPlace& at) const;
};

/// Reads a whole file, plain or gzip.  Throws Error: kUsage (missing file, no such column), kDamaged with file, line, byte, row and
/// column: an infinite number, a row of another length, a damaged quote, a missing or wrong label.  What inputs hold is judged by
/// CsvEncoder.
InputTable read_csv(const std::string& path, const CsvOptions& options);

/// The classes of a table: its distinct labels in order, by value where all are whole numbers, else by text.
class CsvClasses {
 public:
  explicit CsvClasses(const InputTable& table);
  Index count() const { return static_cast<Index>(by_key_.size()); }
  /// Whether all labels are numbers and not all of them whole ones: rather numbers to predict than classes.
  bool are_fractions() const { return are_numbers_ && !are_whole_numbers_; }
  /// The class of each row; -1 where it has no label.  Throws Error(kDamaged) for a label that the table of the constructor did not have.
  std::vector<std::int32_t> labels_of(const InputTable& table) const;
  /// The classes' words as the file has them.
  const std::vector<std::string>& words() const { return words_; }

 private:
  /// Whole numbers order by value, texts by their bytes.
  struct Key {
    std::int64_t number = 0;
    std::string text;
    friend auto operator<=>(const Key&, const Key&) = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads it
  };
  Key key_of(const std::string& text) const;

  std::string path_;
  bool are_numbers_ = true;
  bool are_whole_numbers_ = true;
  std::map<Key, std::int32_t> by_key_;
  std::vector<std::string> words_;
};

}  // namespace normrun::data
