#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "study/experiment.hpp"

namespace normrun::sweep {

/// Predicts the cost of each run of a plan as a product of one factor for each axis's value, so that a plan of a million runs needs few
/// configs.  The predictions depend on nothing but the plan.
class CostModel {
 public:
  CostModel() = default;
  /// Looks at every value of every axis once, with the other axes at their first value.
  explicit CostModel(const study::Experiment& experiment);

  double cost(const config::Grid& grid, std::int64_t run) const;
  /// Writes the factors for a journal; parse() reads them back.  parse() throws Error(kDamaged).
  std::string text() const;
  static CostModel parse(const std::string& text, const std::string& where);

 private:
  std::vector<std::vector<double>> factors_;  // for each axis, one factor for each value; empty: all values cost the same
};

/// Returns all runs, the most expensive first.  Runs of equal cost stay in the plan's order.
std::vector<std::uint32_t> longest_first(const config::Grid& grid, const CostModel& costs);

/// One of `count` shards of a plan; `number` counts from 1.
struct Shard {
  int number = 1;
  int count = 1;
  std::string text() const { return std::to_string(number) + "/" + std::to_string(count); }
};
/// Reads "I/N" or "auto/N".  With "auto" the number comes from the first of these that is set: SLURM_ARRAY_TASK_ID (from 1), or the ranks
/// OMPI_COMM_WORLD_RANK, PMI_RANK, SLURM_PROCID, JOB_COMPLETION_INDEX (from 0).  Throws Error(kUsage).
Shard parse_shard(const std::string& text);

/// Returns the number of the shard that gets the run at `place` of the longest-first order.  The shards get the runs in turn, first
/// forwards and then backwards, so that the costs of two shards differ by no more than the longest run.
int shard_at(std::size_t place, int count);
/// Returns the runs of a shard, the longest first.
std::vector<std::uint32_t> runs_of(const std::vector<std::uint32_t>& order, const Shard& shard);

}  // namespace normrun::sweep
