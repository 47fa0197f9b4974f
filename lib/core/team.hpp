#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace normrun {

/// While it lives, the large kernels of the thread that made it are shared among `threads` threads, that one included.  Kernels give
/// each thread outputs of its own, so results are the same bits for any number.  Small kernels stay on one thread.
class Team {
 public:
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  /// The team of this thread; null: it works alone.
  static Team* current();
  int size() const { return static_cast<int>(threads_.size()) + 1; }

  /// Calls work(part) for part = 0 ... size() - 1, each on its own thread, the last one on this; returns when all are done.  Allocates
  /// nothing; `work` does not throw.
  template <class Work>
  void run(const Work& work) {
    run({[](const void* context, int part) { (*static_cast<const Work*>(context))(part); }, &work});
  }

 private:
  struct Job {
    void (*call)(const void* context, int part) = nullptr;
    const void* context = nullptr;
  };
  void run(Job job);
  void serve(int part);

  Team* before_;
  Job job_;
  std::atomic<std::uint32_t> round_{0};  // of jobs; odd steps would do, a count cannot be missed
  std::atomic<int> busy_{0};
  std::atomic<bool> ends_{false};
  std::vector<std::jthread> threads_;
};

}  // namespace normrun
