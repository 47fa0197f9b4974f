#pragma once

#include <string>
#include <vector>

#include "report/results/summary.hpp"
#include "study/experiment.hpp"
#include "sweep/record_index.hpp"
#include "tables/tables.hpp"

namespace normrun::report {

/// Who made the results: the same for every build of one source tree, so that tables do not depend on it.
struct ProgramInfo {
  std::string version;
  std::string revision;  // git, "" where unknown
  std::string compiler;
  std::string instruction_set;  // in use
};

/// A table's header: the key columns, the other swept keys, its own columns.
std::string header_line(const tables::Table& table, const config::Grid& grid);

/// Writes every table (outputs.csv only where it was asked for) and summary.csv of the finished runs, in the plan's order,
/// datapackage.json and manifest.json into `folder`, each through a temporary file and rename.  One record at a time is in
/// memory.  Returns the summary's rows, those of the first settings where there are very many.  Throws
/// Error(kCannotCreate, kWriteFailed).
std::vector<SummaryRow> write_results(const study::Experiment& experiment, const sweep::RecordIndex& records, const ProgramInfo& program,
                                      const std::string& folder);
/// What a shard leaves beside its journal: its runs alone make no tables.
void write_manifest(const study::Experiment& experiment, const sweep::RecordIndex& records, const ProgramInfo& program,
                    const std::string& folder);

}  // namespace normrun::report
