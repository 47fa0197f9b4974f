#pragma once

#include <string>
#include <vector>

namespace normrun::app {

/// A key of a config as `--set` and `--grid` name it: "norm.momentum".
struct ConfigKey {
  std::string name;
  std::string doc;
  std::vector<std::string> values;  // where it takes only these
};

/// Every key outside of lists, those of each type of data, norm and optimizer among them; read from the schema.
std::vector<ConfigKey> config_keys();

}  // namespace normrun::app
