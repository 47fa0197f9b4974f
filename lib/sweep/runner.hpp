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

/// Follows the progress of a sweep.  The working threads call these functions: several threads may call on_step at once, but only one at a
/// time calls on_finish.
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
  std::string checkpoint_folder;  // "": no run writes a checkpoint
  std::string resume_folder;      // for the checkpoints of unfinished runs; "": no run writes one
  const std::atomic<bool>* stop = nullptr;
  DataCache* data = nullptr;  // a cache that may hold data already; null: the sweep makes its own
};

/// If all runs read the same files, loads the data, so that a damaged file fails the sweep once rather than each run.
void load_shared_data(const study::Experiment& experiment, std::int64_t run, DataCache& data);

/// How a sweep ended.
enum class SweepEnd { kComplete, kGivenUp, kInterrupted };  // kGivenUp: a run failed with fail_fast

/// Executes `runs` of an experiment on `jobs` threads, in the given order.  Runs are independent, and their records do not depend on which
/// thread executes them or when.  When `stop` becomes true, the runs that are under way write a checkpoint to resume from, and end.  The
/// records of finished runs stay.
SweepEnd run_sweep(const study::Experiment& experiment, std::span<const std::uint32_t> runs, const SweepOptions& options, RecordSink& sink,
                   SweepObserver& observer);

/// Returns how many cores this process may use, by its affinity mask and its cgroup's quota.
int usable_cores();

}  // namespace normrun::sweep
