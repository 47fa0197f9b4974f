#pragma once

#include <string>
#include <vector>

namespace normrun::app {

/// A key of a config in the form that `--set` and `--grid` take: "norm.momentum".
struct ConfigKey {
  std::string name;
  std::string doc;
  std::vector<std::string> values;  // the only values that the key takes; empty: it takes any value
};

/// Returns every key that does not lie in a list, including the keys of each type of data, norm and optimizer.  It reads them from the
/// schema.
std::vector<ConfigKey> config_keys();

}  // namespace normrun::app
