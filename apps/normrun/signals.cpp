#include "signals.hpp"

#include <sys/time.h>
#include <unistd.h>

#include <csignal>

namespace normrun {
namespace {

constexpr suseconds_t kPatienceMicroseconds = 700'000;  // and a second

std::atomic<bool> stop{false};
std::atomic<int> last_signal{SIGTERM};

void on_patience_end(int) { _exit(exit_code_of_signal()); }

void on_signal(int signal) {
  if (stop.exchange(true)) return;  // the end is on its way
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

}  // namespace

void catch_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) handle(signal, on_signal);
  handle(SIGALRM, on_patience_end);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

const std::atomic<bool>& stop_requested() { return stop; }
int exit_code_of_signal() { return 128 + last_signal; }

}  // namespace normrun
