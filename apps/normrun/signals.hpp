#pragma once

#include <atomic>

namespace normrun::app {

/// Makes SIGINT, SIGTERM, SIGUSR1 and SIGHUP ask the program to end.  Schedulers send SIGUSR1 shortly before the time limit; SIGHUP means
/// that the terminal was closed, and is left alone where nohup ignores it.  A program that has not ended within two seconds is ended by
/// force, because its results can be resumed at any moment.  SIGPIPE and SIGXFSZ become failed writes.
void catch_signals();
/// Becomes true when the first of these signals arrives.
const std::atomic<bool>& stop_requested();
/// Returns 130 or 143 by the signal that arrived; SIGUSR1 and SIGHUP give 143.
int exit_code_of_signal();

/// Ends the process with exit code 71 and a message.  Uses neither the log nor more memory.
[[noreturn]] void end_without_memory();
/// Installs a terminate handler that calls end_without_memory when bad_alloc escapes a noexcept function.  The destructors of nlohmann's
/// values allocate, so this can happen.
void catch_lack_of_memory();
/// From now on such an end is one with this exit code and a warning: all but report.html is written.
void end_with(int exit_code);
/// That warning, without a log and without memory.
void tell_of_no_report();

}  // namespace normrun::app
