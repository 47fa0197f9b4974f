#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/csv_columns.hpp"
#include "data/csv_scanner.hpp"

namespace normrun::data {

/// A table of numbers with one column of labels.
struct CsvTable {
  /// A label as the file writes it, and the first row that has it.
  struct Label {
    std::string text;
    CsvPlace place;
    Index row = 1;
  };
  std::string path;
  std::vector<std::string> names;  // of all columns; empty without a header
  Index columns = 0;               // all of them
  Index feature_count = 0;         // those that hold inputs
  Index rows = 0;
  std::vector<double> features;        // (rows, feature_count)
  std::vector<double> numbers;         // (rows) the label column's, where target is kNumber
  std::vector<std::size_t> label_ids;  // (rows) into labels, where target is kClass
  std::vector<Label> labels;           // distinct, in the order of their first rows

  // Of sequences, for each row; otherwise empty.
  std::vector<std::string> sequences;  // which one, as the file writes it
  std::vector<double> times;           // empty without a time column
  std::vector<CsvPlace> places;        // where the row begins
};

/// Reads a whole file, plain or gzip.  Throws Error: kUsage (missing file, no such label column), kDamaged with file, line,
/// byte, row and column: a missing cell, NaN, infinity, what is no number, a row of another length, a damaged quote.
CsvTable read_csv(const std::string& path, const CsvOptions& options);

/// The classes of a table: its distinct labels in order, by value where all are whole numbers, else by text.
class CsvClasses {
 public:
  explicit CsvClasses(const CsvTable& table);
  Index count() const { return static_cast<Index>(by_key_.size()); }
  /// Whether all labels are numbers and not all of them whole ones: rather numbers to predict than classes.
  bool are_fractions() const { return are_numbers_ && !are_whole_numbers_; }
  /// The class of each row.  Throws Error(kDamaged) for a label that the table of the constructor did not have.
  std::vector<std::int32_t> labels_of(const CsvTable& table) const;

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
};

}  // namespace normrun::data
