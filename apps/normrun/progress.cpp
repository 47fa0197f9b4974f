#include "progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "fmt/format.h"

namespace normrun::app {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kLogEvery{60};

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) return 80;
  return size.ws_col;
}

double seconds(std::chrono::steady_clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

std::string spoken_duration(double total) {
  const long whole = std::lround(total);
  if (total < 1.0) return fmt::format("{:.2g} s", total);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

Progress::Progress(const ConsoleOptions& options) : draws_(shows_progress(options)) {}
Progress::~Progress() { clear(); }

void Progress::on_start(std::int64_t runs, int jobs) {
  runs_ = runs;
  workers_.resize(static_cast<std::size_t>(jobs));
  start_ = drawn_ = logged_ = Clock::now();
}

void Progress::on_step(int worker, std::int64_t run, Index step, Index total_steps, double loss) {
  // Each worker looks at the clock without the lock, and takes the lock only if it is time to draw.
  if (step % 16 != 0) return;
  Worker& own = workers_[static_cast<std::size_t>(worker)];
  const Clock::time_point now = Clock::now();
  if (now - own.seen < kRedraw) return;
  const std::lock_guard lock(mutex_);
  own = {run, step, total_steps, loss, now};
  show(now);
}

void Progress::on_finish(const tables::RunRecord& record) {
  const std::lock_guard lock(mutex_);
  ++finished_;
  for (Worker& worker : workers_) {
    if (worker.run == record.run) worker.total = 0;
  }
  if (record.status != tables::RunStatus::kOk) ++failed_;
  show(Clock::now());
}

void Progress::show(Clock::time_point now) {
  if (draws_) {
    if (now - drawn_ >= kRedraw) draw();
  } else if (now - logged_ >= kLogEvery) {
    logged_ = now;
    log_info(line(std::string::npos));
  }
}

double Progress::done() const {
  double runs = static_cast<double>(finished_);
  for (const Worker& worker : workers_) {
    if (worker.total > 0) runs += static_cast<double>(worker.step) / static_cast<double>(worker.total);
  }
  return std::min(runs, static_cast<double>(runs_));
}

std::string Progress::line(std::size_t columns) const {
  const double elapsed = seconds(Clock::now() - start_);
  std::string text = fmt::format("{} of {} runs", finished_, runs_);
  if (failed_ > 0) text += fmt::format(", {} failed", failed_);
  if (done() > 0.0 && elapsed > 0.0) {
    const double rate = done() / elapsed;
    text += fmt::format(", {:.3g} runs/s, {} left", rate, spoken_duration((static_cast<double>(runs_) - done()) / rate));
  }
  if (text.size() > columns) text.resize(columns);
  for (const Worker& worker : workers_) {
    if (worker.total == 0) continue;
    const std::string run = fmt::format(" | step {}/{} loss {:.3g}", worker.step, worker.total, worker.loss);
    if (text.size() + run.size() <= columns) text += run;
  }
  return text;
}

void Progress::draw() {
  drawn_ = Clock::now();
  std::fprintf(stderr, "\r\x1b[2K%s", line(terminal_columns() - 1).c_str());
  std::fflush(stderr);
}

void Progress::clear() {
  if (draws_) std::fputs("\r\x1b[2K", stderr);
}

}  // namespace normrun::app
