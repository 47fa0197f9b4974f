#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "study/record.hpp"

namespace normrun {

/// How far a sweep is; called from the working threads, one call at a time.
class SweepObserver {
 public:
  virtual ~SweepObserver() = default;
  virtual void on_start(std::int64_t runs, int jobs) = 0;
  virtual void on_step(int worker, std::int64_t run, Index step, Index total_steps, double loss) = 0;
  virtual void on_finish(const RunRecord& record) = 0;
};

struct SweepOptions {
  int jobs = 1;
  bool fail_fast = false;
  std::string checkpoint_folder;  // "" : none are written
  const std::atomic<bool>* stop = nullptr;
};

struct SweepResult {
  std::vector<RunRecord> records;         // finished runs in the plan's order
  std::vector<std::string> data_digests;  // of every data set in use, sorted
  std::int64_t planned = 0;
  bool interrupted = false;
};

/// Executes every run of an experiment on `jobs` threads, longest first.  Runs are independent and their records do not
/// depend on who executes them when.  When `stop` becomes true the running ones are given up and the finished ones stay.
SweepResult run_sweep(const Experiment& experiment, const SweepOptions& options, SweepObserver& observer);

/// Cores that this process may use: its affinity mask and its cgroup's quota.
int usable_cores();

}  // namespace normrun
