#pragma once

#include <atomic>

namespace normrun::app {

/// SIGINT, SIGTERM, SIGUSR1 (schedulers send it ahead of the time limit) and SIGHUP (the terminal is closed; not where nohup has it
/// ignored) ask for an end, and make one themselves where it does not come within two seconds: the results can be resumed at any
/// instant.  SIGPIPE and SIGXFSZ become failed writes.
void catch_signals();
/// Becomes true when the first signal arrives.
const std::atomic<bool>& stop_requested();
/// 130 or 143, by the signal that came; 143 for SIGUSR1 and SIGHUP.
int exit_code_of_signal();

/// Ends with 71 and a message, without a log and without memory.
[[noreturn]] void end_without_memory();
/// Lets it be so where std::bad_alloc meets a noexcept: the destructors of nlohmann's values allocate.
void catch_lack_of_memory();

}  // namespace normrun::app
