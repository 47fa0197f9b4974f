#include "signals.hpp"

#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>

#include "core/error.hpp"

namespace normrun::app {
namespace {

constexpr suseconds_t kPatienceMicroseconds = 700'000;  // on_signal adds a second to this

std::atomic<bool> stop{false};
std::atomic<int> last_signal{SIGTERM};
std::atomic<int> earned_code{-1};  // while the program draws a sweep's report: the exit code of the sweep

void on_patience_end(int) { _exit(exit_code_of_signal()); }

void on_signal(int signal) {
  if (stop.exchange(true)) return;  // a second signal changes nothing
  if (signal == SIGINT) last_signal = signal;
  const itimerval patience{.it_interval = {0, 0}, .it_value = {1, kPatienceMicroseconds}};
  setitimer(ITIMER_REAL, &patience, nullptr);
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

void on_terminate() {
  const std::exception_ptr reason = std::current_exception();
  if (!reason) std::abort();
  try {
    std::rethrow_exception(reason);
  } catch (const std::bad_alloc&) {
    if (earned_code < 0) end_without_memory();
    tell_of_no_report();
    _exit(earned_code);
  } catch (...) {
    std::abort();
  }
}

}  // namespace

void catch_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) handle(signal, on_signal);
  if (!is_ignored(SIGHUP)) handle(SIGHUP, on_signal);  // nohup makes the program ignore this signal, and it must stay ignored
  handle(SIGALRM, on_patience_end);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

const std::atomic<bool>& stop_requested() { return stop; }
int exit_code_of_signal() { return 128 + last_signal; }

void end_without_memory() {
  constexpr char kMessage[] = "normrun: error: memory: not enough memory; use fewer jobs, a smaller network or fewer rows\n";
  const auto written = ::write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
  static_cast<void>(written);
  _exit(static_cast<int>(ExitCode::kOutOfMemory));
}

void tell_of_no_report() {
  constexpr char kMessage[] = "normrun: warning: report.html could not be drawn: not enough memory; draw it with `normrun report`\n";
  const auto written = ::write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
  static_cast<void>(written);
}

void end_with(int exit_code) { earned_code = exit_code; }

void catch_lack_of_memory() { std::set_terminate(on_terminate); }

}  // namespace normrun::app
