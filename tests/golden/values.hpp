#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/shape.hpp"

namespace normrun::golden {

using Json = nlohmann::json;

/// A file that is no set of golden vectors: exit 65.
struct Damaged : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An array of the file: row-major, channels last.
struct Values {
  std::vector<Index> shape;
  std::vector<double> data;
};
using Named = std::map<std::string, Values>;

/// One case of the file's "cases".
struct Case {
  std::string name;
  std::string op;
  Json attrs;
  Named inputs;
  Named outputs;
  Named grads;  // of sum(y * dy), or of the loss
  Values dy;    // empty for a loss
};

/// What the library computes for a case, by the file's names; gradients as "grad NAME".
using Computed = std::map<std::string, std::vector<double>>;

const Json& field(const Json& object, const std::string& name);
Values values_of(const Json& array);
Named named_of(const Json& object);
Case case_of(const Json& object);
/// An input that the case must have.
const Values& input(const Case& c, const std::string& name);

}  // namespace normrun::golden
