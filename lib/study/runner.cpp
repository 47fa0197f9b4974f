#include "study/runner.hpp"

#include <sched.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <map>
#include <mutex>
#include <numeric>
#include <set>
#include <sstream>
#include <thread>

#include "core/denormals.hpp"
#include "core/team.hpp"
#include "study/run.hpp"

namespace normrun {
namespace {

/// Runs by predicted cost, the longest first; equal ones in the plan's order.
std::vector<std::int64_t> longest_first(const Experiment& experiment) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(experiment.grid.size()));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::vector<double> costs(order.size());
  std::map<std::string, DataSpec::Outline> outlines;  // most runs share their data
  for (std::size_t run = 0; run < order.size(); ++run) {
    try {
      const RunConfig config = experiment.at(static_cast<std::int64_t>(run));
      const std::string data = data_text(config);
      if (!outlines.contains(data)) outlines[data] = config.data_spec().outline(experiment.folder);
      costs[run] = predicted_cost(config, outlines[data]);
    } catch (const Error&) {
      costs[run] = 0.0;  // fails at once when it is executed, with its own message
    }
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int64_t a, std::int64_t b) { return costs[static_cast<std::size_t>(a)] > costs[static_cast<std::size_t>(b)]; });
  return order;
}

/// The threads' common state.
class Sweep {
 public:
  Sweep(const Experiment& experiment, const SweepOptions& options, SweepObserver& observer)
      : experiment_(experiment), options_(options), observer_(observer), order_(longest_first(experiment)) {}

  SweepResult execute() {
    const int workers = static_cast<int>(std::min<std::int64_t>(options_.jobs, experiment_.grid.size()));
    observer_.on_start(experiment_.grid.size(), workers);
    {
      std::vector<std::jthread> threads;
      threads.reserve(static_cast<std::size_t>(workers));
      for (int worker = 0; worker < workers; ++worker) threads.emplace_back([this, worker] { work(worker); });
    }
    if (failure_) std::rethrow_exception(failure_);
    std::sort(records_.begin(), records_.end(), [](const RunRecord& a, const RunRecord& b) { return a.run < b.run; });
    std::set<std::string> digests;
    for (const RunRecord& record : records_) digests.insert(record.data_digest);
    digests.erase("");
    return {std::move(records_), {digests.begin(), digests.end()}, experiment_.grid.size(), interrupted_};
  }

 private:
  void work(int worker) {
    const FlushDenormals flush;    // Adam's decaying moments become denormal: a step would be 10 to 15 times slower
    const Team team(team_size());  // cores that no run is left for
    while (!give_up_.load()) {
      const std::size_t next = next_.fetch_add(1);
      if (next >= order_.size()) return;
      if (options_.stop != nullptr && options_.stop->load()) {
        interrupted_ = true;
        return;
      }
      execute(worker, order_[next]);
    }
  }

  int team_size() const {
    return static_cast<int>(std::max<std::int64_t>(1, options_.jobs / std::max<std::int64_t>(1, experiment_.grid.size())));
  }

  void execute(int worker, std::int64_t run) {
    RunContext context{
        .experiment = &experiment_, .data = &data_, .checkpoint_folder = options_.checkpoint_folder, .stop = options_.stop, .on_step = {}};
    context.on_step = [this, worker, run](Index step, Index total, double loss) { observer_.on_step(worker, run, step, total, loss); };
    try {
      RunRecord record = execute_run(context, run);
      const std::lock_guard lock(mutex_);
      observer_.on_finish(record);
      if (options_.fail_fast && record.status != RunStatus::kOk) give_up_ = true;
      records_.push_back(std::move(record));
    } catch (const Interrupted&) {
      interrupted_ = true;
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      give_up_ = true;
    }
  }

  const Experiment& experiment_;
  const SweepOptions& options_;
  SweepObserver& observer_;
  const std::vector<std::int64_t> order_;
  DataCache data_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> give_up_{false};
  std::atomic<bool> interrupted_{false};
  std::mutex mutex_;
  std::vector<RunRecord> records_;
  std::exception_ptr failure_;
};

/// Cores of a cgroup v2 quota ("max 100000" or "150000 100000"), or 0 where there is none.
int quota_cores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0.0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0.0) return 0;
  double microseconds = 0.0;
  std::istringstream(quota) >> microseconds;
  return std::max(1, static_cast<int>(microseconds / period));
}

}  // namespace

SweepResult run_sweep(const Experiment& experiment, const SweepOptions& options, SweepObserver& observer) {
  return Sweep(experiment, options, observer).execute();
}

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int allowed = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : static_cast<int>(std::thread::hardware_concurrency());
  const int quota = quota_cores();
  return std::max(1, quota > 0 ? std::min(allowed, quota) : allowed);
}

}  // namespace normrun
