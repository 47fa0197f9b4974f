#pragma once

#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::tables {

/// A table file, read run by run: a table of ten thousand runs need not fit into memory.
class RunRows {
 public:
  using Row = std::vector<std::string>;

  /// `others`: how many swept keys have a column of their own.  A file that is not there has no runs.
  RunRows(const std::string& path, std::size_t others);

  /// Reads the rows of the next run; false at the end.
  bool next();
  const std::vector<Row>& rows() const { return rows_; }
  /// Of the run's rows those of its last step: its final state.
  std::vector<const Row*> final_rows() const;

  const std::vector<std::string>& header() const { return header_; }
  /// "" where the table has no such column.
  const std::string& text(const Row& row, std::string_view column) const;
  /// NaN where the cell is empty or no number.
  double number(const Row& row, std::string_view column) const;

  /// Who the run is.
  const std::string& run_id() const { return rows_.front()[0]; }
  const std::string& norm() const { return rows_.front()[1]; }
  Index batch_size() const;
  /// "learning_rate = 0.1, units = 8": the other swept keys but `without`, "" without any.
  std::string others(std::string_view without = "") const;
  /// The value of a swept key.
  double other(std::string_view key) const;

 private:
  std::size_t column(std::string_view name) const;

  std::ifstream file_;
  std::size_t other_count_;
  std::vector<std::string> header_;
  std::string ahead_;  // the next run's first line
  std::vector<Row> rows_;
};

/// A number of our tables; NaN for anything else.
double read_number(std::string_view field);

}  // namespace normrun::tables
