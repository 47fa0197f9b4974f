#include "commands.hpp"

namespace normrun {

int schema_command() {
  RunConfig config;
  print_result(write_schema(config, "normrun.schema.json", "normrun experiment"));
  return 0;
}

}  // namespace normrun
