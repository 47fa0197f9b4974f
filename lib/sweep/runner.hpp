#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "study/experiment.hpp"
#include "sweep/data_cache.hpp"
#include "sweep/record_sink.hpp"
#include "tables/record.hpp"

namespace normrun::sweep {

/// How far a sweep is; called from the working threads: on_step by several at once, on_finish one at a time.
class SweepObserver {
 public:
  virtual ~SweepObserver() = default;
  virtual void on_start(std::int64_t runs, int jobs) = 0;
  virtual void on_step(int worker, std::int64_t run, Index step, Index total_steps, double loss) = 0;
  virtual void on_finish(const tables::RunRecord& record) = 0;
};

struct SweepOptions {
  int jobs = 1;
  bool fail_fast = false;
  std::string checkpoint_folder;  // "" : none are written
  std::string resume_folder;      // of the checkpoints of unfinished runs; "" : none
  const std::atomic<bool>* stop = nullptr;
  DataCache* data = nullptr;  // with what was loaded before; null: the sweep's own
};

/// Loads a run's data where all runs read the same files: damaged ones are then the sweep's failure, not one of each run.
void load_shared_data(const study::Experiment& experiment, std::int64_t run, DataCache& data);

enum class SweepEnd { kComplete, kGivenUp, kInterrupted };  // kGivenUp: by fail_fast

/// Executes `runs` of an experiment on `jobs` threads, in the given order.  Runs are independent and their records do not
/// depend on who executes them when.  When `stop` becomes true the running ones are given up, with a checkpoint to go on
/// from, and the finished ones stay.
SweepEnd run_sweep(const study::Experiment& experiment, std::span<const std::uint32_t> runs, const SweepOptions& options, RecordSink& sink,
                   SweepObserver& observer);

/// Cores that this process may use: its affinity mask and its cgroup's quota.
int usable_cores();

}  // namespace normrun::sweep
