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

/// A cell of an input column in eight bytes.  It is a number, or a NaN that encodes a missing value, a date, or a word by its place among
/// the column's words.  So the few cells that are not numbers need no memory beside the column of numbers.
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
  static constexpr std::uint64_t kBox = 0x7FF8000000000000;  // all numbers of a table are finite, so none has these bits
  static constexpr std::uint64_t kPayload = 0x0000FFFFFFFFFFFF;
  static constexpr double kEpoch = 1e11;  // dates may lie so many seconds before 1970
  explicit CellValue(std::uint64_t bits) : bits_(bits) {}
  static CellValue boxed(Kind kind, std::uint64_t payload) {
    return CellValue(kBox | (static_cast<std::uint64_t>(kind) << 48) | (payload & kPayload));
  }
  std::uint64_t bits_;
};
static_assert(sizeof(CellValue) == 8);

/// Rows of cells in blocks, so that the memory grows with the rows and can be released from the front.
class CellRows {
 public:
  void start(Index columns);
  CellValue* add_row();
  Index rows() const { return rows_; }
  const CellValue* row(Index row) const {
    return pieces_[static_cast<std::size_t>(row / rows_of_piece_)].get() + row % rows_of_piece_ * columns_;
  }
  /// Releases the memory of all rows before this one, which must not be read again.
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
  Index row = 0;  // the row of data, from 1; 0: nowhere
};

/// A word of a column, and where it occurs first.
struct ColumnWord {
  std::string text;
  Index count = 0;
  CellPlace first;
};

/// What the cells of an input column are.
struct InputColumn {
  InputColumn(std::string name_in, Index place_in) : name(std::move(name_in)), place(place_in) {}
  std::string name;          // "" where the file gives no name
  Index place = 0;           // among all columns
  bool is_category = false;  // the config says that the column holds words
  Index missing = 0;
  CellPlace first_missing;
  std::string missing_word;
  Index word_cells = 0;
  std::vector<ColumnWord> words;
  bool has_more_words = false;  // there are more than are kept
  bool are_dates = true;        // every word is a date
  bool has_times = false;       // at least one date has a time of day
  bool has_days = false;
  std::unordered_map<std::string, std::size_t> ids;  // places of the words; for look-ups only

  /// Returns "column "age"", or "column 3" counted from 0 as `ignore` counts.
  std::string text() const;
};

/// A table of numbers and words with one or more columns of labels.
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
  Index columns = 0;               // the number of all columns
  Index rows = 0;
  std::vector<InputColumn> inputs;
  CellRows cells;                  // (rows, inputs)
  Index index_column = -1;         // the input that only counts the rows, or stands first without a name; -1: none
  bool is_index_counting = false;  // whether it counts them
  Index label_count = 0;
  std::vector<std::string> label_names;
  std::vector<double> numbers;         // (rows, label_count) where target is kNumber; NaN: missing
  std::vector<std::size_t> label_ids;  // (rows) indices into labels, where target is kClass; kNoLabel: missing
  static constexpr std::size_t kNoLabel = static_cast<std::size_t>(-1);
  std::vector<Label> labels;  // distinct, in the order of their first rows
  Index unlabelled = 0;       // how many rows have no label

  // With sequences, one for each row; otherwise empty.
  std::vector<std::string> sequences;  // the sequence's name as the file writes it
  std::vector<double> times;           // empty without a time column
  std::vector<CsvPlace> places;        // where the row begins
  std::vector<std::string> notes;      // what users of the file should know

  /// Returns "table.csv:3:5 (row 2, column "age")".
  std::string where(const InputColumn& column, const CellPlace& at) const;
};

/// Reads a whole file, plain or gzip.  Throws Error(kUsage) where the file or a column does not exist.  Throws Error(kDamaged) with file,
/// line, byte, row and column for an infinite number, a row of another length, a damaged quote, and a missing or wrong label.  CsvEncoder
/// judges what the inputs hold.
InputTable read_csv(const std::string& path, const CsvOptions& options);

/// The classes of a table: its distinct labels, ordered by value where all are whole numbers, else by text.
class CsvClasses {
 public:
  explicit CsvClasses(const InputTable& table);
  Index count() const { return static_cast<Index>(by_key_.size()); }
  /// Returns whether all labels are numbers but not all of them whole.  Such labels are more likely numbers to predict than classes.
  bool are_fractions() const { return are_numbers_ && !are_whole_numbers_; }
  /// Returns the class of each row; -1 where the row has no label.  Throws Error(kDamaged) for a label that the constructor's table lacks.
  std::vector<std::int32_t> labels_of(const InputTable& table) const;
  /// Returns the classes' words as the file has them.
  const std::vector<std::string>& words() const { return words_; }

 private:
  /// A key that orders whole numbers by value and texts by their bytes.
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
