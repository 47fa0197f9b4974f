#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
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

/// Rows of cells in pieces, so that the memory grows with the rows and can be released from the front.  A complete piece of nothing but
/// numbers that a byte, two bytes or a float hold exactly takes no more memory than that.
class CellRows {
  enum class Width { kByte, kShort, kFloat, kCell };

 public:
  /// The cells of one row.
  class Row {
   public:
    CellValue operator[](std::size_t input) const {
      switch (width_) {
        case Width::kByte:
          return CellValue::of_number(reinterpret_cast<const std::uint8_t*>(first_)[input]);
        case Width::kShort:
          return CellValue::of_number(reinterpret_cast<const std::int16_t*>(first_)[input]);
        case Width::kFloat:
          return CellValue::of_number(static_cast<double>(reinterpret_cast<const float*>(first_)[input]));
        case Width::kCell:
          break;
      }
      return reinterpret_cast<const CellValue*>(first_)[input];
    }

   private:
    friend class CellRows;
    Row(const std::byte* first, Width width) : first_(first), width_(width) {}
    const std::byte* first_;
    Width width_;
  };

  void start(Index columns);
  /// Returns the cells of a new row, which are to be filled in before the next one is added.
  CellValue* add_row();
  Index rows() const { return rows_; }
  Row row(Index row) const {
    const Piece& piece = pieces_[static_cast<std::size_t>(row / rows_of_piece_)];
    return {piece.cells.get() + row % rows_of_piece_ * columns_ * piece.bytes, piece.width};
  }
  /// Releases the memory of all rows before this one, which must not be read again.
  void release_before(Index row);

 private:
  struct Piece {
    std::unique_ptr<std::byte[]> cells;
    Width width = Width::kCell;
    Index bytes = sizeof(CellValue);  // of one cell
  };
  void narrow_last_piece();
  template <class Number>
  bool narrow(Piece& piece, Width width) const;

  Index columns_ = 0;
  Index rows_of_piece_ = 1;
  Index rows_ = 0;
  std::size_t released_ = 0;
  std::vector<Piece> pieces_;
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

  std::vector<double> weights;  // (rows), each >= 0; empty without a column of them

  // With sequences, one for each row; otherwise empty.
  std::vector<std::string> sequences;  // the sequence's name as the file writes it
  std::vector<double> times;           // empty without a time column
  std::vector<CsvPlace> places;        // where the row begins
  std::vector<std::string> notes;      // what users of the file should know

  /// Returns "table.csv:3:5 (row 2, column "age")", or without a column "table.csv:3:5 (row 2)".
  std::string where(const InputColumn& column, const CellPlace& at) const;
  std::string where(const CellPlace& at) const;
};

/// Reads a whole file, plain or gzip.  Throws Error(kUsage) where the file or a column does not exist.  Throws Error(kDamaged) with file,
/// line, byte, row and column for an infinite number, a row of another length, a damaged quote, and a missing or wrong label.  CsvEncoder
/// judges what the inputs hold.
InputTable read_csv(const std::string& path, const CsvOptions& options);

}  // namespace normrun::data
