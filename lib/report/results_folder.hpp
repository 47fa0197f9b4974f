#pragma once

#include <string>
#include <vector>

#include "report/run_rows.hpp"
#include "report/seed_samples.hpp"
#include "study/experiment.hpp"
#include "study/tables.hpp"

namespace normrun {

/// The split that a comparison is told by: test where it was compared, else the first that was.
std::string told_split(const CompareOptions& compare);

/// What `train` wrote, opened for reading.
struct ResultsFolder {
  std::string path;
  Experiment experiment;

  RunRows runs_of(TableId id) const;
  /// The split that a report is about.
  std::string split() const { return told_split(experiment.base.compare); }
};

/// Throws Error(kUsage) where there are no results.
ResultsFolder open_results(const std::string& path);

/// The setting of the run that was just read.
Setting setting_of(const RunRows& runs);

/// compare.csv: the final state's line of every pair of modes on a split, at the run's own batch size where that was asked
/// for, else the first.
std::vector<const RunRows::Row*> own_comparisons(const RunRows& runs, const std::string& split);

}  // namespace normrun
