#pragma once

#include <atomic>

namespace normrun::app {

/// Makes SIGINT, SIGTERM, SIGUSR1 and SIGHUP ask the program to end.  Schedulers send SIGUSR1 shortly before the time limit.  SIGHUP means
/// that the terminal was closed; it stays ignored if nohup ignores it.  If the program has not ended within two seconds, it exits at once,
/// because a sweep can be resumed from any moment.  SIGPIPE and SIGXFSZ become failed writes.
void catch_signals();
/// Becomes true when the first of the signals above arrives.
const std::atomic<bool>& stop_requested();
/// Returns the exit code for the signal that arrived: 130 for SIGINT, 143 for the others.
int exit_code_of_signal();

/// Ends the process with exit code 71 and a message.  It uses neither the log nor further memory.
[[noreturn]] void end_without_memory();
/// Installs a terminate handler that calls end_without_memory when bad_alloc leaves a noexcept function.  This can happen because the
/// destructors of nlohmann's values allocate.
void catch_lack_of_memory();
/// After this call, a lack of memory ends the process with this exit code and a warning.  The caller has then written everything but
/// report.html.
void end_with(int exit_code);
/// Warns on stderr that there was not enough memory for report.html.  Allocates nothing, so it does not use the log.
void tell_of_no_report();

}  // namespace normrun::app
