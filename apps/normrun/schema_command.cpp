#include "commands.hpp"

namespace normrun {

std::string config_schema() {
  RunConfig config;
  return write_schema(config, "normrun.schema.json", "normrun experiment");
}

int schema_command() {
  print_result(config_schema());
  return 0;
}

}  // namespace normrun
