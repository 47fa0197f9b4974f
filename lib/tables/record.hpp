#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/matrix.hpp"
#include "tables/tables.hpp"

namespace normrun::tables {

/// The shortest decimal digits that read back as the same double; nan without sign, inf and -inf.
std::string shortest(double value);
/// A text as RFC 4180 wants it: quoted where it has to be.
std::string csv_field(std::string_view text);

/// A table's cell as its CSV field; empty means not applicable.
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

/// A number, or an empty cell where NaN says that there is none.
Cell cell_or_empty(double value);

enum class RunStatus { kOk, kFailed, kDiverged };
std::string_view status_text(RunStatus status);

/// All that a finished run leaves: its lines of every table.  The tables are these lines in the plan's order, so that they
/// are the same for any number of jobs; a run's lines are a pure function of its config and key (but timing.csv's).
struct RunRecord {
  std::int64_t run = 0;
  RunStatus status = RunStatus::kOk;
  std::string keys;  // the key columns' fields, each with its comma
  std::array<std::string, kTableCount> lines;
  std::string data_digest;  // of the rows it trained on; "" where it never got them

  /// The first of the keys, as it names files.
  std::string run_id() const { return keys.substr(0, keys.find(',')); }
  /// Appends a line: the keys, then the cells, one for each of the table's own columns.
  void add(TableId table, const std::vector<Cell>& cells);
};

}  // namespace normrun::tables
