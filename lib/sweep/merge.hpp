#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "sweep/journal.hpp"

namespace normrun::sweep {

/// What joining the parts of a sweep gives.  Here a part is the output folder of one `normrun train`, usually of one shard.
struct JoinedParts {
  study::Experiment experiment;
  JournalPlan plan;                  // the plan of the whole sweep; `shard` is ""
  RecordIndex records;               // has one journal for each of `folders`, and no data digests
  std::vector<std::string> folders;  // the folders that have a journal
  int shards = 0;  // how many shards the plan was divided into; 0: the parts are not shards, or they come from different divisions
};

/// Reads the journals of all parts.  A folder without a journal is a part that has not begun.  Throws Error(kUsage) if no part has a
/// journal.  Throws Error(kDamaged) if a journal is damaged or belongs to another sweep, if two parts have different records of one run, or
/// if they trained on different data.
JoinedParts join_parts(const std::vector<std::string>& folders);

/// Returns the runs that no part has, in the plan's order.
std::vector<std::uint32_t> missing_runs(const RecordIndex& records);
/// Writes the numbers of the shards that these runs belong to as Slurm's job arrays do: "5,17-19".
std::string shards_of(const JoinedParts& parts, const std::vector<std::uint32_t>& runs);

}  // namespace normrun::sweep
