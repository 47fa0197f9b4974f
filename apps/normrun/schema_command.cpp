#include "commands.hpp"

namespace normrun::app {

std::string config_schema() {
  study::RunConfig config;
  return config::write_schema(config, "normrun.schema.json", "normrun experiment");
}

int schema_command() {
  print_result(config_schema());
  return 0;
}

}  // namespace normrun::app
