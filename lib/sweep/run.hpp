#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "study/experiment.hpp"
#include "study/plan.hpp"
#include "sweep/data_cache.hpp"
#include "tables/record.hpp"

namespace normrun::sweep {

/// The run was told to stop; its checkpoint to resume from is written.
struct Interrupted {};

/// What a run shares with the others of its sweep.
struct RunContext {
  const study::Experiment* experiment = nullptr;
  DataCache* data = nullptr;
  std::string checkpoint_folder;                                      // "" : none are written
  std::string resume_folder;                                          // of unfinished runs' checkpoints; "" : none
  const std::atomic<bool>* stop = nullptr;                            // looked at before every step
  std::function<void(Index step, Index total, double loss)> on_step;  // may be empty
};

/// Trains and compares one run.  Its record depends on (config, key) alone, but for timing.csv.  An error of the run
/// itself ends up in its record (failed, diverged); Interrupted passes through.
tables::RunRecord execute_run(const RunContext& context, std::int64_t run);

}  // namespace normrun::sweep
