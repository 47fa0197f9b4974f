#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "data/csv_cells.hpp"
#include "data/csv_columns.hpp"
#include "data/csv_number.hpp"
#include "data/csv_scanner.hpp"

namespace normrun::data {

/// The place of a cell in the file and in the table.
struct CellPlace {
  CsvPlace place;
  Index row = 0;  // the row of data, counted from 1; 0 means nowhere
};

/// A word of a column, and the place where the word occurs first.
struct ColumnWord {
  std::string text;
  Index count = 0;
  CellPlace first;
};

/// An input column, and what its cells hold.
struct InputColumn {
  InputColumn(std::string name_in, Index place_in) : name(std::move(name_in)), place(place_in) {}
  std::string name;          // "" if the file gives no name
  Index place = 0;           // the column's place among all columns
  bool is_category = false;  // whether the config says that the column holds words
  Index missing = 0;
  CellPlace first_missing;
  std::string missing_word;
  Index word_cells = 0;
  std::vector<ColumnWord> words;
  bool has_more_words = false;  // whether the column has more words than are kept
  bool are_dates = true;        // whether every word is a date
  bool has_times = false;       // whether at least one date has a time of day
  bool has_days = false;
  std::unordered_map<std::string, std::size_t> ids;  // the places of the words; for look-ups only, because iterating has no fixed order

  /// Returns `column "age"`, or `column 3` for a column without a name.  The number counts from 0, as in the option `ignore`.
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
  std::vector<std::string> names;  // the names of all columns; empty without a header
  Index columns = 0;               // the number of all columns
  Index rows = 0;
  std::vector<InputColumn> inputs;
  CellRows cells;                  // (rows, inputs) the cells of the input columns
  Index index_column = -1;         // the input that only counts the rows, or that comes first and has no name; -1 if there is none
  bool is_index_counting = false;  // whether the index column counts the rows
  Index label_count = 0;
  std::vector<std::string> label_names;
  std::vector<double> numbers;         // (rows, label_count) if target is kNumber; NaN means missing
  std::vector<std::size_t> label_ids;  // (rows) indices into labels if target is kClass; kNoLabel means missing
  static constexpr std::size_t kNoLabel = static_cast<std::size_t>(-1);
  std::vector<Label> labels;  // the distinct labels, in the order of their first rows
  Index unlabelled = 0;       // how many rows have no label

  std::vector<double> weights;  // (rows), each >= 0; empty without a column of weights

  // The vectors below have one element for each row if the table holds sequences; otherwise they are empty.
  std::vector<std::string> sequences;  // the sequence's name as the file writes it
  std::vector<double> times;           // empty without a time column
  std::vector<CsvPlace> places;        // the place where the row begins
  std::vector<std::string> notes;      // what users of the file should know

  /// Returns the place of a cell, such as `table.csv:3:5 (row 2, column "age")`; without a column, the place of a row: `table.csv:3:5 (row
  /// 2)`.
  std::string where(const InputColumn& column, const CellPlace& at) const;
  std::string where(const CellPlace& at) const;
};

/// Reads a whole file, plain or gzip.  Throws Error(kUsage) if the file or a column does not exist.  Throws Error(kDamaged) with file,
/// line, byte, row and column for an infinite number, a row of another length, a damaged quote, and a missing or wrong label.  The inputs
/// are not judged here but by CsvEncoder.
InputTable read_csv(const std::string& path, const CsvOptions& options);

}  // namespace normrun::data
