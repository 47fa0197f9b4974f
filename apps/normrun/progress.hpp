#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "console.hpp"
#include "sweep/runner.hpp"

namespace normrun::app {

/// Shows the progress of a sweep on stderr.  On a terminal it draws one line again and again; in a log it writes one line a minute.
class Progress : public sweep::SweepObserver {
 public:
  explicit Progress(const ConsoleOptions& options);
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void on_start(std::int64_t runs, int jobs) override;
  void on_step(int worker, std::int64_t run, Index step, Index total_steps, double loss) override;
  void on_finish(const tables::RunRecord& record) override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Worker {
    std::int64_t run = -1;
    Index step = 0;
    Index total = 0;  // 0: the worker is between two runs
    double loss = 0.0;
    Clock::time_point seen;
  };
  void show(Clock::time_point now);  // draws or logs the progress if it is time to
  double done() const;               // how many runs are finished, plus the finished shares of the runs under way
  void draw();
  void clear();
  /// Returns the progress, followed by as many of the runs under way as fit into `columns`.
  std::string line(std::size_t columns) const;

  const bool draws_;
  std::mutex mutex_;
  std::int64_t runs_ = 0;
  std::int64_t finished_ = 0;
  std::int64_t failed_ = 0;
  std::vector<Worker> workers_;
  Clock::time_point start_;
  Clock::time_point drawn_;
  Clock::time_point logged_;
};

/// Returns a text such as "12 s", "3 min 20 s" or "2 h 5 min".
std::string spoken_duration(double seconds);

}  // namespace normrun::app
