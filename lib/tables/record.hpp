#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/matrix.hpp"
#include "tables/tables.hpp"

namespace normrun::tables {

/// Writes the shortest decimal digits that read back as the same double, or nan (without a sign), inf or -inf.
std::string shortest(double value);
/// Writes a text as a CSV field (RFC 4180), in quotes only if it needs them.
std::string csv_field(std::string_view text);

/// One cell of a table, stored as its CSV field.  An empty cell means "not applicable".
class Cell {
 public:
  Cell() = default;
  Cell(Index count) : field_(std::to_string(count)) {}        // NOLINT(google-explicit-constructor)
  Cell(double value) : field_(shortest(value)) {}             // NOLINT(google-explicit-constructor)
  Cell(std::string_view text) : field_(csv_field(text)) {}    // NOLINT(google-explicit-constructor)
  Cell(const std::string& text) : field_(csv_field(text)) {}  // NOLINT(google-explicit-constructor)
  const std::string& field() const { return field_; }

 private:
  std::string field_;
};

/// Makes a cell of a number; NaN gives an empty cell.
Cell cell_or_empty(double value);

/// A cell and the column that it belongs to.
struct NamedCell {
  std::string_view column;
  Cell cell;
};
/// Writes the names of some columns, joined by commas.
std::string joined_names(const std::vector<Column>& columns);
/// Writes a line's fields in the order of the columns, joined by commas.  A column without a cell is empty.  Throws std::logic_error for a
/// cell whose column is not among `columns`, and for two cells of one column.
std::string joined_fields(const std::vector<Column>& columns, const std::vector<NamedCell>& cells);

/// How a run ended.  Journals store the numbers of these enumerators, so the numbers must not change.
enum class RunStatus {
  kOk,
  kFailed,    // some other error ended it
  kDiverged,  // a loss, parameter or moving statistic, or an output or loss in eval mode, was not finite
};
std::string_view status_text(RunStatus status);

/// Everything that a finished run leaves: its lines in every table.  The tables are the lines of all runs in the plan's order, which makes
/// them independent of the number of jobs.  A run's lines are a pure function of its config and key, except its line in timing.csv.
struct RunRecord {
  std::int64_t run = 0;
  RunStatus status = RunStatus::kOk;
  std::string keys;  // the fields of the key columns, each followed by a comma
  std::array<std::string, kTableCount> lines;
  std::string data_digest;  // the digest of the rows that the run trained on; "" if it never loaded them

  /// Returns the first key, which is also the name of the run's files.
  std::string run_id() const { return keys.substr(0, keys.find(',')); }
  /// Appends a line to a table: the keys, then the table's own columns by joined_fields().
  void add(TableId table, const std::vector<NamedCell>& cells);
};

}  // namespace normrun::tables
