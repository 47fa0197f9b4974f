#pragma once

#include <string>
#include <vector>

namespace normrun::app {

/// A key of a config in the form that `--set` and `--grid` take: "norm.momentum".
struct ConfigKey {
  std::string name;
  std::string doc;
  std::vector<std::string> values;  // the only values that the key takes; empty: any
};

/// Returns every key outside of lists, including those of each type of data, norm and optimizer.  The schema is where they are read from.
std::vector<ConfigKey> config_keys();

}  // namespace normrun::app
