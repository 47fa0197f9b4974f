#pragma once

#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "tables/run_rows.hpp"
#include "tables/seed_samples.hpp"
#include "tables/tables.hpp"

namespace normrun::report {

/// The split that a comparison is told by: test where it was compared, else the first that was.
std::string reported_split(const compare::CompareOptions& compare);

/// What `train` wrote, opened for reading.
struct ResultsFolder {
  std::string path;
  study::Experiment experiment;

  tables::RunRows runs_of(tables::TableId id) const;
  /// The split that a report is about.
  std::string split() const { return reported_split(experiment.base.compare); }
};

/// Throws Error(kUsage) where there are no results.
ResultsFolder open_results(const std::string& path);

/// The setting of the run that was just read.
tables::Setting setting_of(const tables::RunRows& runs);

/// compare.csv: the final state's line of every pair of modes on a split, at the run's own batch size where that was asked
/// for, else the first.
std::vector<const tables::RunRows::Row*> own_comparisons(const tables::RunRows& runs, const std::string& split);

}  // namespace normrun::report
