#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/error.hpp"
#include "data/csv_table.hpp"

namespace normrun::data {

/// How an input column becomes numbers.
enum class ColumnCode {
  kNumber,
  kBoolean,    // true, yes, t and y become 1; false, no, f and n become 0
  kOneHot,     // one number for each category; it is 1 for the cell's own category and 0 for the others
  kDateParts,  // year, month, day and weekday (Monday is 1); also hour and minute if there are times
  kLeftOut,
};

struct EncodedColumn {
  ColumnCode code = ColumnCode::kNumber;
  Index width = 1;                      // how many numbers one cell becomes
  std::vector<std::string> categories;  // only of kOneHot; sorted by value if all are numbers, otherwise by bytes
  std::string reason;                   // only of kLeftOut: why the column is left out
};

/// Turns the cells of a table's inputs into numbers, in the same way for the training file and the test file.
class CsvEncoder {
 public:
  /// Decides from the training table how to encode each column.  Throws one Error(kDamaged) that lists every problem of the columns.
  CsvEncoder(const InputTable& train, const CsvOptions& options);

  Index width() const { return width_; }
  const std::vector<EncodedColumn>& columns() const { return columns_; }  // one for each input of the table
  /// Returns one name for each number of an encoded row, such as "age", "sex=female", "day.month" or "column 3".
  std::vector<std::string> feature_names() const;
  /// Returns one sentence for each column that is left out or turned into other numbers.
  const std::vector<std::string>& notes() const { return notes_; }

  /// Throws Error(kDamaged) if the cells of another table cannot be encoded as this object encodes columns.
  void check(const InputTable& table) const;
  /// Returns the rows that are used: all rows that neither `impute: "drop-row"` nor `unlabelled: "drop"` leaves out.  Throws
  /// Error(kDamaged) if no row is left.
  std::vector<Index> kept_rows(const InputTable& table) const;

  /// Encodes the rows of one table.
  class Rows {
   public:
    Rows(const CsvEncoder& encoder, const InputTable& table);
    /// Writes the width() numbers of a row to `out`; a missing number becomes NaN.  Numbers that the file holds as numbers first pass
    /// through `prepared`.
    template <class Prepared>
    void encode(Index row, double* out, const Prepared& prepared) const {
      const CellRows::Row cells = table_.cells.row(row);
      for (std::size_t c = 0; c < encoder_.columns_.size(); ++c) {
        const EncodedColumn& column = encoder_.columns_[c];
        if (column.code == ColumnCode::kNumber) {
          *out = cells[c].kind() == CellValue::Kind::kNumber ? prepared(cells[c].number()) : missing_number();
        } else if (column.code != ColumnCode::kLeftOut) {
          encode_other(c, cells[c], out);
        }
        out += column.width;
      }
    }

   private:
    static double missing_number();
    void encode_other(std::size_t c, CellValue cell, double* out) const;
    void encode_date(std::size_t c, CellValue cell, double* out) const;

    const CsvEncoder& encoder_;
    const InputTable& table_;
    std::vector<std::vector<Index>> slots_;  // for each column and each of its words: the category, or -1 for none
    std::vector<std::unordered_map<double, Index>> number_slots_;
  };

 private:
  void decide(const InputTable& table, std::size_t c);
  void decide_words(const InputTable& table, std::size_t c);
  void decide_dates(const InputTable& table, std::size_t c);
  bool is_boolean(const InputTable& table, std::size_t c) const;
  void decide_categories(const InputTable& table, std::size_t c);
  void leave_out(const InputTable& table, std::size_t c, const std::string& reason);
  void check_missing(const InputTable& table, std::size_t c);
  void add_problem(const InputTable& table, std::size_t c, const CellPlace& at, const std::string& what, const std::string& cure);
  void refuse_problems(const InputTable& table) const;
  void note_categories(const InputTable& table);

  struct Finding {
    std::size_t column;
    Problem problem;
  };
  CsvOptions options_;
  std::vector<EncodedColumn> columns_;
  std::vector<std::string> names_;  // names of the columns, for messages
  std::vector<Finding> findings_;
  std::vector<std::string> notes_;
  Index width_ = 0;
};

/// Returns how many cells of a column are numbers, that is, neither words nor missing.
Index number_cells(const InputTable& table, const InputColumn& column);
/// Returns a list of columns such as `["a", "b"]`, in the form that the option `ignore` takes.  A column without a name appears by its
/// index.
std::string column_list(const InputTable& table, const std::vector<std::size_t>& inputs);
/// Returns the distinct words and numbers of a column, at most `limit + 1` of them.
std::vector<std::string> categories_of(const InputTable& table, std::size_t input, Index limit);

}  // namespace normrun::data
