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
  kBoolean,    // true, yes, t, y: 1; false, no, f, n: 0
  kOneHot,     // a number for each category, 1 at the cell's own and 0 elsewhere
  kDateParts,  // year, month, day, weekday (from Monday = 1); hour, minute where there are times
  kLeftOut,
};

struct EncodedColumn {
  ColumnCode code = ColumnCode::kNumber;
  Index width = 1;                      // numbers that one cell becomes
  std::vector<std::string> categories;  // of kOneHot, by value where all are numbers, else by their bytes
  std::string reason;                   // of kLeftOut
};

/// Turns the cells of a table's inputs into numbers, in one way for the training and the test file.
class CsvEncoder {
 public:
  /// Decides from the training table.  Throws Error(kDamaged) with every problem of its columns at once.
  CsvEncoder(const InputTable& train, const CsvOptions& options);

  Index width() const { return width_; }
  const std::vector<EncodedColumn>& columns() const { return columns_; }  // of the table's inputs
  /// One name for each number of a row: "age", "sex=female", "day.month", "column 3".
  std::vector<std::string> feature_names() const;
  /// What is left out or turned into other numbers, one sentence each.
  const std::vector<std::string>& notes() const { return notes_; }

  /// Throws Error(kDamaged) where another table holds what these columns cannot be.
  void check(const InputTable& table) const;
  /// The rows that are used: all but those that `impute: "drop-row"` and `unlabelled: "drop"` leave out.  Throws Error(kDamaged) where
  /// none is left.
  std::vector<Index> kept_rows(const InputTable& table) const;

  /// Encodes the rows of one table.
  class Rows {
   public:
    Rows(const CsvEncoder& encoder, const InputTable& table);
    /// `out`: width() numbers; NaN stands for a missing one.  `prepared` maps those that the file holds as numbers.
    template <class Prepared>
    void encode(Index row, double* out, const Prepared& prepared) const {
      const CellValue* const cells = table_.cells.row(row);
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
    std::vector<std::vector<Index>> slots_;  // of each column's words: the category; -1: none
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
  std::vector<std::string> names_;  // of the columns, for messages
  std::vector<Finding> findings_;
  std::vector<std::string> notes_;
  Index width_ = 0;
};

/// Numbers of a column that are no words, missing or not.
Index number_cells(const InputTable& table, const InputColumn& column);
/// `["a", "b"]`, a column without a name by its index: what `ignore` takes.
std::string column_list(const InputTable& table, const std::vector<std::size_t>& inputs);
/// The distinct words and numbers of a column; more than `limit + 1` are not looked for.
std::vector<std::string> categories_of(const InputTable& table, std::size_t input, Index limit);

}  // namespace normrun::data
