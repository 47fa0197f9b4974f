#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "sweep/journal.hpp"

namespace normrun::sweep {

/// The parts of a sweep, looked at together.
struct JoinedParts {
  study::Experiment experiment;
  JournalPlan plan;                  // of the whole; shard is ""
  RecordIndex records;               // one journal for each of `folders`; knows no data digests
  std::vector<std::string> folders;  // those that have a journal
  int shards = 0;                    // how many the plan was divided into; 0: the parts are no shards, or of different divisions
};

/// Reads the journals of all parts; a folder without one is a part that has not begun.  Throws Error: kUsage where no part has
/// one, kDamaged where one is damaged or of another sweep, or where parts have different records of one run or trained on
/// different data.
JoinedParts join_parts(const std::vector<std::string>& folders);

/// Runs that no part has, in the plan's order.
std::vector<std::uint32_t> missing_runs(const RecordIndex& records);
/// The shards that some runs belong to, as Slurm writes job arrays: "5,17-19".
std::string shards_of(const JoinedParts& parts, const std::vector<std::uint32_t>& runs);

}  // namespace normrun::sweep
