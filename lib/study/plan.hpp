#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "tables/tables.hpp"

namespace normrun::study {

/// The file in a results folder that a sweep appends its finished runs to; a folder that has it holds results.
inline constexpr const char* kJournalFile = "journal.normrun";

/// Who a run is: its place in the plan and the values of the swept keys.  Computed, never stored.
struct RunKey {
  std::int64_t run = 0;
  std::string run_id;  // <norm>-b<batch>-s<seed>, and - with 8 hex digits of the other axes' values where there are any
  std::string norm;
  Index batch_size = 0;
  Index seed = 0;
  std::vector<std::string> others;  // labels of the other axes, in the grid's order

  /// The key columns' CSV fields, each with its comma.
  std::string csv() const;
};

/// The swept keys that have a column of their own: all but norm, train.batch_size and seed.
std::vector<std::string> other_axes(const config::Grid& grid);
/// Their columns in a table with these columns of its own: their names, or config.NAME where the table has a column of that name itself.
std::vector<std::string> swept_columns(const std::vector<tables::Column>& own, const config::Grid& grid);

RunKey run_key(const Experiment& experiment, std::int64_t run, const RunConfig& config);

/// Multiply-adds of a run's training and of its final comparison, roughly: what the longest-first order goes by.
double predicted_cost(const RunConfig& config, const data::DataSpec::Outline& outline);

}  // namespace normrun::study
