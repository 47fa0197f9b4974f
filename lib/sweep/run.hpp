#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "study/experiment.hpp"
#include "study/plan.hpp"
#include "sweep/data_cache.hpp"
#include "tables/record.hpp"

namespace normrun::sweep {

/// What a run throws if it was told to stop, after it has written its resume checkpoint.
struct Interrupted {};

/// What a run shares with the other runs of its sweep.
struct RunContext {
  const study::Experiment* experiment = nullptr;
  DataCache* data = nullptr;
  std::string checkpoint_folder;                                      // "": the run writes no checkpoint
  std::string resume_folder;                                          // for the checkpoints of unfinished runs; "": the run writes none
  const std::atomic<bool>* stop = nullptr;                            // the run reads it before every step; null: the run never stops early
  std::function<void(Index step, Index total, double loss)> on_step;  // may be empty
};

/// Trains and compares one run.  The record depends only on config and key, except its line of timing.csv.  If the run itself fails or
/// diverges, the record says so.  Interrupted passes through, and so do Error(kCannotCreate, kWriteFailed, kOutOfMemory) and
/// ForeignResumePoint, which end the sweep.
tables::RunRecord execute_run(const RunContext& context, std::int64_t run);

}  // namespace normrun::sweep
