#include <new>

#include "command_line.hpp"
#include "signals.hpp"

int main(int argc, char** argv) {
  normrun::catch_lack_of_memory();
  try {
    return normrun::CommandLine().run(argc, argv);
  } catch (const std::bad_alloc&) {  // before there is a log
    normrun::end_without_memory();
  }
}
