#pragma once

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/matrix.hpp"
#include "tables/csv_table.hpp"
#include "tables/record.hpp"

namespace normrun::tables {

/// The rows of one run in one table, whose cells are found by the names of their columns.
///
/// A table file is read run by run, because the table of a large sweep may not fit into memory.  A record holds the rows of its run all at
/// once.
class RunRows {
 public:
  using Row = std::vector<std::string>;

  /// Reads a file.  `others` is the number of swept keys that have a column of their own.  A missing file counts as a table without runs.
  /// Throws Error(kUsage) if the file exists but cannot be read.
  RunRows(const std::string& path, std::size_t others);
  /// Takes the rows of a record, in which the columns of swept keys have no names.
  RunRows(const RunRecord& record, TableId table);

  /// Reads the rows of the file's next run.  Returns false at the end of the file.
  bool next();
  const std::vector<Row>& rows() const { return rows_; }
  /// Returns the rows of the run's last step, which tell its final state.  Returns all rows if the table has no steps.
  std::vector<const Row*> final_rows() const;

  const std::vector<std::string>& header() const { return header_; }
  /// Returns a cell's text, or "" if the table has no such column.
  const std::string& text(const Row& row, std::string_view column) const;
  /// Returns a cell's number, or NaN if the cell is empty or not a number.
  double number(const Row& row, std::string_view column) const;

  /// Each returns one of the key columns, which identify the run.
  const std::string& run_id() const { return key("run_id"); }
  const std::string& norm() const { return key("norm"); }
  const std::string& seed() const { return key("seed"); }
  Index batch_size() const;
  /// Returns the values of the swept keys that have columns of their own.
  std::vector<std::string> other_values() const;
  /// Writes the swept keys that have columns of their own, except `without`: "learning_rate = 0.1, units = 8".  Writes "" if there are
  /// none.
  std::string others(std::string_view without = "") const;
  /// Returns the value of a swept key, or NaN if it is not swept or not a number.
  double other(std::string_view key) const;

 private:
  const std::string& key(std::string_view name) const;
  std::size_t column(std::string_view name) const;

  std::ifstream file_;
  std::size_t other_count_;
  std::vector<std::string> header_;
  std::string ahead_;  // first line of the next run
  std::vector<Row> rows_;
};

}  // namespace normrun::tables
