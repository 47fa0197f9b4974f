#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace normrun {

/// Shares the large kernels of the thread that makes the team among `threads` threads, that thread included, for as long as the team lives.
/// Each thread computes outputs of its own, so the results are the same bits for any number of threads.  Small kernels stay on one thread.
class Team {
 public:
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  /// The team of this thread, or null if this thread works alone.
  static Team* current();
  int size() const { return static_cast<int>(threads_.size()) + 1; }

  /// Calls work(member) for member = 0 ... size() - 1, each on its own thread and the last one on this thread, and returns when all are
  /// done.  It allocates nothing.  `work` must not throw.
  template <class Work>
  void run(const Work& work) {
    run({[](const void* context, int member) { (*static_cast<const Work*>(context))(member); }, &work});
  }

 private:
  struct Job {
    void (*call)(const void* context, int member) = nullptr;
    const void* context = nullptr;
  };
  void run(Job job);
  void serve(int member);

  Team* before_;
  Job job_;
  std::atomic<std::uint32_t> round_{0};  // counts the jobs, so that no thread can miss one
  std::atomic<int> busy_{0};
  std::atomic<bool> ends_{false};
  std::vector<std::jthread> threads_;
};

}  // namespace normrun
