#pragma once

#include <string>
#include <vector>

#include "report/results/summary.hpp"
#include "study/experiment.hpp"
#include "sweep/record_index.hpp"
#include "tables/tables.hpp"

namespace normrun::report {

/// The program that made the results.  These facts are the same for every build of one source tree, so the tables do not depend on the
/// build.
struct ProgramInfo {
  std::string version;
  std::string revision;  // the git revision; "" where it is unknown
  std::string compiler;
  std::string instruction_set;  // the one in use
};

/// Returns a table's header: the key columns, the other swept keys, then the table's own columns.
std::string header_line(const tables::Table& table, const config::Grid& grid);

/// Writes into `folder` the tables and summary.csv of the runs that ended (also those that failed) in the plan's order, then
/// datapackage.json and manifest.json. outputs.csv and probes.csv are written only where the config asks for them.  Each file goes through
/// a temporary file and a rename.  Only one record at a time is in memory.  Returns the summary's rows; of very many settings, only the
/// rows of the first ones.  Throws Error(kCannotCreate, kWriteFailed).
std::vector<SummaryRow> write_results(const study::Experiment& experiment, const sweep::RecordIndex& records, const ProgramInfo& program,
                                      const std::string& folder);
/// Writes the manifest of a shard beside its journal.  A shard writes no tables, because its runs are only some of the sweep's.
void write_manifest(const study::Experiment& experiment, const sweep::RecordIndex& records, const ProgramInfo& program,
                    const std::string& folder);

}  // namespace normrun::report
