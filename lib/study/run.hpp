#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "study/experiment.hpp"
#include "study/plan.hpp"
#include "study/record.hpp"

namespace normrun {

/// Loaded data sets, shared by the runs that train on the same rows.  Safe to use from several threads.
class DataCache {
 public:
  template <class T>
  std::shared_ptr<const Dataset<T>> get(const RunConfig& config, const std::string& folder);

 private:
  static constexpr std::size_t kKept = 8;  // data sets kept though no run uses them now
  std::shared_ptr<const void> find_or_load(const std::string& key, const std::function<std::shared_ptr<const void>()>& load);

  struct Entry {
    std::mutex loading;
    std::shared_ptr<const void> data;
    std::uint64_t used = 0;
  };
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;
  std::uint64_t clock_ = 0;
};

/// The run was told to stop; nothing of it is kept.
struct Interrupted {};

/// What a run shares with the others of its sweep.
struct RunContext {
  const Experiment* experiment = nullptr;
  DataCache* data = nullptr;
  std::string checkpoint_folder;                                      // "" : none are written
  const std::atomic<bool>* stop = nullptr;                            // looked at before every step
  std::function<void(Index step, Index total, double loss)> on_step;  // may be empty
};

/// Trains and compares one run.  Its record depends on (config, key) alone, but for timing.csv.  An error of the run
/// itself ends up in its record (failed, diverged); Interrupted passes through.
RunRecord execute_run(const RunContext& context, std::int64_t run);

}  // namespace normrun
