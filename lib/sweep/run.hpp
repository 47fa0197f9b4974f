#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "study/experiment.hpp"
#include "study/plan.hpp"
#include "sweep/data_cache.hpp"
#include "tables/record.hpp"

namespace normrun::sweep {

/// Thrown by a run that was told to stop, after it has written its resume checkpoint.
struct Interrupted {};

/// What a run shares with the other runs of its sweep.
struct RunContext {
  const study::Experiment* experiment = nullptr;
  DataCache* data = nullptr;
  std::string checkpoint_folder;                                      // "": none are written
  std::string resume_folder;                                          // for the checkpoints of unfinished runs; "": none are written
  const std::atomic<bool>* stop = nullptr;                            // read before every step; null: never stops
  std::function<void(Index step, Index total, double loss)> on_step;  // may be empty
};

/// Trains and compares one run.  The record depends only on config and key, except its line of timing.csv.  An error of the run itself ends
/// up in the record (failed, diverged).  Interrupted passes through, and so do Error(kCannotCreate, kWriteFailed, kOutOfMemory) and
/// ForeignResumePoint, which end the sweep.
tables::RunRecord execute_run(const RunContext& context, std::int64_t run);

}  // namespace normrun::sweep
