#include "core/team.hpp"

#include <algorithm>
#include <new>
#include <system_error>

#include "core/denormals.hpp"

namespace normrun {
namespace {

thread_local Team* t_current = nullptr;

/// For a few microseconds, polls a condition that should soon hold.  Asking the system to wake the thread would take longer.
constexpr int kLooks = 4000;
template <class Condition>
bool holds_soon(const Condition& condition) {
  for (int look = 0; look < kLooks; ++look) {
    if (condition()) return true;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  return false;
}

}  // namespace

Team::Team(int threads) : before_(t_current) {
  threads_.reserve(static_cast<std::size_t>(std::max(0, threads - 1)));
  try {
    for (int member = 0; member + 1 < threads; ++member) threads_.emplace_back([this, member] { serve(member); });
  } catch (const std::system_error&) {  // the system has no more threads, or no memory for one: the existing threads do all the work
  } catch (const std::bad_alloc&) {
  }
  t_current = threads_.empty() ? nullptr : this;
}

Team::~Team() {
  t_current = before_;
  ends_ = true;
  round_.fetch_add(1);
  round_.notify_all();
}

Team* Team::current() { return t_current; }

void Team::run(Job job) {
  job_ = job;
  busy_.store(static_cast<int>(threads_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  job.call(job.context, size() - 1);
  while (!holds_soon([this] { return busy_.load(std::memory_order_acquire) == 0; })) std::this_thread::yield();
}

void Team::serve(int member) {
  const FlushDenormals flush;
  for (std::uint32_t seen = 0;; ++seen) {
    if (!holds_soon([&] { return round_.load(std::memory_order_acquire) != seen; })) round_.wait(seen, std::memory_order_acquire);
    if (ends_) return;
    job_.call(job_.context, member);
    busy_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace normrun
