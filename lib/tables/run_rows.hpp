#pragma once

#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::tables {

/// Reads a table file run by run, because a table of ten thousand runs need not fit into memory.
class RunRows {
 public:
  using Row = std::vector<std::string>;

  /// `others` is the number of swept keys that have a column of their own.  A missing file counts as a table without runs; throws
  /// Error(kUsage) where a file cannot be read.
  RunRows(const std::string& path, std::size_t others);

  /// Reads the rows of the next run.  Returns false at the end of the file.
  bool next();
  const std::vector<Row>& rows() const { return rows_; }
  /// Returns those of the run's rows that have its last step: its final state.  All rows where the table has no steps.
  std::vector<const Row*> final_rows() const;

  const std::vector<std::string>& header() const { return header_; }
  /// Returns a cell's text, or "" where the table has no such column.
  const std::string& text(const Row& row, std::string_view column) const;
  /// Returns a cell's number, or NaN where the cell is empty or not a number.
  double number(const Row& row, std::string_view column) const;

  /// The keys that identify the run.
  const std::string& run_id() const { return rows_.front()[0]; }
  const std::string& norm() const { return rows_.front()[1]; }
  Index batch_size() const;
  /// Writes the swept keys that have columns of their own, except `without`: "learning_rate = 0.1, units = 8".  "" where there are none.
  std::string others(std::string_view without = "") const;
  /// Returns the value of a swept key, or NaN where it is not swept or not a number.
  double other(std::string_view key) const;

 private:
  std::size_t column(std::string_view name) const;

  std::ifstream file_;
  std::size_t other_count_;
  std::vector<std::string> header_;
  std::string ahead_;  // first line of the next run
  std::vector<Row> rows_;
};

/// Returns the number in a field of our tables, or NaN where the field is anything else.
double read_number(std::string_view field);

}  // namespace normrun::tables
