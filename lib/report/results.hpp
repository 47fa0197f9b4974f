#pragma once

#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "study/runner.hpp"

namespace normrun {

/// Who made the results: the same for every build of one source tree, so that tables do not depend on it.
struct ProgramInfo {
  std::string version;
  std::string revision;  // git, "" where unknown
  std::string compiler;
  std::string instruction_set;  // in use
};

/// A table's header: the key columns, the other swept keys, its own columns.
std::string header_line(const Table& table, const Grid& grid);
/// A whole table of the finished runs, in the plan's order.
std::string table_text(const Table& table, const Experiment& experiment, const std::vector<RunRecord>& records);

/// Writes every table (outputs.csv only where it was asked for), summary.csv, config.json, manifest.json and
/// datapackage.json into `folder`, each through a temporary file and rename.  Throws Error(kCannotCreate, kWriteFailed).
void write_results(const Experiment& experiment, const SweepResult& sweep, const ProgramInfo& program, const std::string& folder);

}  // namespace normrun
