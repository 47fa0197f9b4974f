#pragma once

#include <atomic>

namespace normrun {

/// SIGINT and SIGTERM ask for an end (a second one ends at once); SIGPIPE and SIGXFSZ become failed writes.
void catch_signals();
/// Becomes true when the first signal arrives.
const std::atomic<bool>& stop_requested();
/// 130 or 143, by the signal that came.
int exit_code_of_signal();

}  // namespace normrun
