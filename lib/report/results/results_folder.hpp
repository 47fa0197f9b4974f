#pragma once

#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "tables/run_rows.hpp"
#include "tables/seed_samples.hpp"
#include "tables/tables.hpp"

namespace normrun::report {

/// Returns the split that the report describes: the test split if it was compared, else the first split that was.
std::string reported_split(const compare::CompareOptions& compare);

/// A results folder that `train` wrote, opened for reading.
struct ResultsFolder {
  std::string path;
  study::Experiment experiment;

  tables::RunRows runs_of(tables::TableId id) const;
  /// The split that the report describes.
  std::string split() const { return reported_split(experiment.base.compare); }
};

/// Opens a results folder.  Throws Error(kUsage) if the folder holds no results.
ResultsFolder open_results(const std::string& path);

/// Returns the setting of the run that was read last.
tables::Setting setting_of(const tables::RunRows& runs);

/// Returns, from compare.csv, the lines of the run's final state on a split: one for each pair of modes.  They are the lines at the run's
/// own batch size if the config asks for that size, else at the first size in the config.
std::vector<const tables::RunRows::Row*> own_comparisons(const tables::RunRows& runs, const std::string& split);

}  // namespace normrun::report
