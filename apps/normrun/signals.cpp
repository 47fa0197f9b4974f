#include "signals.hpp"

#include <unistd.h>

#include <csignal>

namespace normrun {
namespace {

std::atomic<bool> stop{false};
std::atomic<int> last_signal{0};

void on_signal(int signal) {
  if (stop.exchange(true)) _exit(128 + signal);
  last_signal = signal;
}

}  // namespace

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

const std::atomic<bool>& stop_requested() { return stop; }
int exit_code_of_signal() { return 128 + last_signal; }

}  // namespace normrun
