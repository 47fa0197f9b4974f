#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "tables/tables.hpp"

namespace normrun::study {

/// The file in a results folder to which a sweep appends its finished runs.  A folder with such a file holds results.
inline constexpr const char* kJournalFile = "journal.normrun";

/// What identifies a run: its place in the plan and its values of the swept keys.  Each key is computed when it is needed, and never
/// stored.
struct RunKey {
  std::int64_t run = 0;
  std::string run_id;  // <norm>-b<batch>-s<seed>; if there are other axes, "-" and 8 hex digits for their values follow
  std::string norm;
  Index batch_size = 0;  // the largest one of a list
  Index seed = 0;
  std::vector<std::string> others;  // labels of the other axes, in the grid's order

  /// Returns the fields of the key columns, each followed by a comma.
  std::string csv() const;
};

/// Returns the swept keys that have columns of their own: all except norm, seed, and train.batch_size unless one of its values is a list.
std::vector<std::string> other_axes(const config::Grid& grid);
/// Returns the names that the columns of these keys have in a table whose own columns are `own`: the key itself, or config.NAME if the
/// table has a column NAME of its own.
std::vector<std::string> swept_columns(const std::vector<tables::Column>& own, const config::Grid& grid);

/// Identifies run number `run`, whose config is `config`.
RunKey run_key(const Experiment& experiment, std::int64_t run, const RunConfig& config);

/// Predicts the multiply-adds of a run's training and of its final comparison.  A rough number will do, because it only orders the runs,
/// divides them among shards and estimates their time.
double predicted_cost(const RunConfig& config, const data::DataSpec::Outline& outline);

}  // namespace normrun::study
