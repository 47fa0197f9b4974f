#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "study/experiment.hpp"

namespace normrun::sweep {

/// What the runs of a plan are predicted to cost: a product of one factor for each axis' value, so that a plan of a million
/// runs needs no million configs.  A function of the plan alone.
class CostModel {
 public:
  CostModel() = default;
  /// Looks at every value of every axis once, the other axes at their first.
  explicit CostModel(const study::Experiment& experiment);

  double cost(const config::Grid& grid, std::int64_t run) const;
  /// For a journal: the factors of the axes that matter, and back.  Throws Error(kDamaged).
  std::string text() const;
  static CostModel parse(const std::string& text, const std::string& where);

 private:
  std::vector<std::vector<double>> factors_;  // of each axis; empty: its values cost the same
};

/// Every run, the longest first; equal ones in the plan's order.
std::vector<std::uint32_t> longest_first(const config::Grid& grid, const CostModel& costs);

/// A part of a plan: number 1 … count.
struct Shard {
  int number = 1;
  int count = 1;
  std::string text() const { return std::to_string(number) + "/" + std::to_string(count); }
};
/// "I/N", or "auto/N": the number then comes from SLURM_ARRAY_TASK_ID (from 1), or from the ranks OMPI_COMM_WORLD_RANK,
/// PMI_RANK, SLURM_PROCID or JOB_COMPLETION_INDEX (from 0), the first that is set.  Throws Error(kUsage).
Shard parse_shard(const std::string& text);

/// The number of the shard that gets the run at `place` of the longest-first order: dealt like cards, there and back, so that
/// no two shards differ by more than the longest run.
int shard_at(std::size_t place, int count);
/// A shard's runs, the longest first.
std::vector<std::uint32_t> runs_of(const std::vector<std::uint32_t>& order, const Shard& shard);

}  // namespace normrun::sweep
