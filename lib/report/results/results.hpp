#pragma once

#include <string>
#include <vector>

#include "report/results/summary.hpp"
#include "study/experiment.hpp"
#include "sweep/record_index.hpp"
#include "tables/tables.hpp"

namespace normrun::report {

/// The program that made the results.  Only the manifest holds these facts, so the tables do not depend on the build.
struct ProgramInfo {
  std::string version;
  std::string revision;  // the git revision; "" if it is unknown
  std::string compiler;
  std::string instruction_set;  // the one that this machine uses
};

/// Returns a table's header: the key columns, the other swept keys, then the table's own columns.
std::string header_line(const tables::Table& table, const config::Grid& grid);

/// Writes into `folder` the tables and summary.csv of the runs that ended (also those that failed) in the plan's order, then
/// datapackage.json and manifest.json. outputs.csv and probes.csv are written only if the config asks for them.  Each file goes through
/// a temporary file and a rename.  Only one record at a time is in memory.  Returns the rows of the summary, but no
/// more than the first 20 000.  Throws Error(kCannotCreate, kWriteFailed).
std::vector<SummaryRow> write_results(const study::Experiment& experiment, const sweep::RecordIndex& records, const ProgramInfo& program,
                                      const std::string& folder);
/// Writes the manifest of a shard beside its journal.  A shard writes no tables, because its runs are only some of the sweep's.
void write_manifest(const study::Experiment& experiment, const sweep::RecordIndex& records, const ProgramInfo& program,
                    const std::string& folder);

}  // namespace normrun::report
