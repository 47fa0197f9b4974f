#include "sweep/runner.hpp"

#include <sched.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <mutex>
#include <sstream>
#include <system_error>
#include <thread>
#include <vector>

#include "core/denormals.hpp"
#include "core/team.hpp"
#include "sweep/data_check.hpp"
#include "sweep/resume_point.hpp"
#include "sweep/run.hpp"

namespace normrun::sweep {
namespace {

/// The state that the threads of a sweep share.
class Sweep {
 public:
  Sweep(const study::Experiment& experiment, std::span<const std::uint32_t> runs, const SweepOptions& options, RecordSink& sink,
        SweepObserver& observer)
      : experiment_(experiment), runs_(runs), options_(options), sink_(sink), observer_(observer) {}

  SweepEnd execute() {
    const int workers = static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(options_.jobs), runs_.size()));
    observer_.on_start(static_cast<std::int64_t>(runs_.size()), workers);
    {
      std::vector<std::jthread> threads;
      threads.reserve(static_cast<std::size_t>(workers));
      try {
        for (int worker = 0; worker < workers; ++worker) threads.emplace_back([this, worker] { work(worker); });
      } catch (const std::system_error&) {
        // The threads that have started do all the work.
        if (threads.empty()) throw Error(ExitCode::kOutOfMemory, {"threads", "not enough memory to start one", "use fewer jobs"});
      }
    }
    if (failure_) std::rethrow_exception(failure_);
    if (interrupted_) return SweepEnd::kInterrupted;
    return give_up_ ? SweepEnd::kGivenUp : SweepEnd::kComplete;
  }

 private:
  void work(int worker) {
    const FlushDenormals flush;    // because Adam's decaying moments become denormal, which would make a step 10 to 15 times slower
    const Team team(team_size());  // uses the cores that are left if there are fewer runs than jobs
    while (!give_up_.load()) {
      const std::size_t next = next_.fetch_add(1);
      if (next >= runs_.size()) return;
      if (options_.stop != nullptr && options_.stop->load()) {
        interrupted_ = true;
        return;
      }
      execute(worker, runs_[next]);
    }
  }

  int team_size() const {
    return static_cast<int>(std::max<std::int64_t>(1, options_.jobs / std::max<std::int64_t>(1, static_cast<std::int64_t>(runs_.size()))));
  }

  void execute(int worker, std::int64_t run) {
    try {
      RunContext context{.experiment = &experiment_,
                         .data = options_.data != nullptr ? options_.data : &data_,
                         .checkpoint_folder = options_.checkpoint_folder,
                         .resume_folder = options_.resume_folder,
                         .stop = options_.stop,
                         .on_step = {}};
      context.on_step = [this, worker, run](Index step, Index total, double loss) { observer_.on_step(worker, run, step, total, loss); };
      const tables::RunRecord record = execute_run(context, run);
      const std::lock_guard lock(mutex_);
      if (failure_) return;  // the sink has failed and takes no more records
      sink_.add(record);
      if (!options_.resume_folder.empty()) remove_resume_point(options_.resume_folder, record.run_id());
      observer_.on_finish(record);
      if (options_.fail_fast && record.status != tables::RunStatus::kOk) give_up_ = true;
    } catch (const Interrupted&) {
      interrupted_ = true;
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      give_up_ = true;
    }
  }

  const study::Experiment& experiment_;
  const std::span<const std::uint32_t> runs_;
  const SweepOptions& options_;
  RecordSink& sink_;
  SweepObserver& observer_;
  DataCache data_{experiment_};  // used if the options give no cache
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> give_up_{false};
  std::atomic<bool> interrupted_{false};
  std::mutex mutex_;
  std::exception_ptr failure_;
};

/// Returns how many cores a cgroup v2 quota allows ("max 100000" or "150000 100000"), or 0 if there is none.
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

void load_shared_data(const study::Experiment& experiment, std::int64_t run, DataCache& data) {
  const std::vector<config::Axis>& axes = experiment.grid.axes();
  if (std::any_of(axes.begin(), axes.end(), chooses_data)) return;
  const FlushDenormals flush;
  const study::RunConfig config = experiment.at(run);
  study::with_precision(config.precision, [&](auto number) { data.get<decltype(number)>(config, experiment.folder); });
}

SweepEnd run_sweep(const study::Experiment& experiment, std::span<const std::uint32_t> runs, const SweepOptions& options, RecordSink& sink,
                   SweepObserver& observer) {
  return Sweep(experiment, runs, options, sink, observer).execute();
}

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int allowed = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : static_cast<int>(std::thread::hardware_concurrency());
  const int quota = quota_cores();
  return std::max(1, quota > 0 ? std::min(allowed, quota) : allowed);
}

}  // namespace normrun::sweep
