#include <new>

#include "command_line.hpp"
#include "signals.hpp"

int main(int argc, char** argv) {
  normrun::app::catch_lack_of_memory();
  try {
    return normrun::app::CommandLine().run(argc, argv);
  } catch (const std::bad_alloc&) {  // memory ran out before the log was set up
    normrun::app::end_without_memory();
  }
}
