#include "golden/values.hpp"

namespace normrun::golden {

const Json& field(const Json& object, const std::string& name) {
  if (!object.is_object() || !object.contains(name)) throw Damaged("\"" + name + "\" is missing");
  return object[name];
}

Values values_of(const Json& array) {
  Values values;
  std::size_t size = 1;
  for (const Json& dim : field(array, "shape")) {
    if (!dim.is_number_unsigned()) throw Damaged("a shape is no list of whole numbers");
    const std::size_t length = dim.get<std::size_t>();
    if (__builtin_mul_overflow(size, length, &size)) throw Damaged("a shape is too large");
    values.shape.push_back(static_cast<Index>(length));
  }
  for (const Json& number : field(array, "data")) {
    if (!number.is_number()) throw Damaged("an array holds something that is no number");
    values.data.push_back(number.get<double>());
  }
  if (values.data.size() != size) throw Damaged("an array's shape and data differ in size");
  return values;
}

Named named_of(const Json& object) {
  if (!object.is_object()) throw Damaged("inputs, outputs or grads is no object");
  Named named;
  for (const auto& [name, array] : object.items()) named[name] = values_of(array);
  return named;
}

Case case_of(const Json& object) {
  Case c;
  if (!field(object, "name").is_string() || !field(object, "op").is_string()) throw Damaged("a case has no name or no op");
  c.name = object["name"].get<std::string>();
  try {
    c.op = object["op"].get<std::string>();
    c.attrs = object.value("attrs", Json::object());
    c.inputs = named_of(field(object, "inputs"));
    c.outputs = named_of(field(object, "outputs"));
    if (object.contains("grads")) c.grads = named_of(object["grads"]);
    if (object.contains("dy")) c.dy = values_of(object["dy"]);
  } catch (const Damaged& damaged) {
    throw Damaged("case " + c.name + ": " + damaged.what());
  }
  return c;
}

const Values& input(const Case& c, const std::string& name) {
  const auto found = c.inputs.find(name);
  if (found == c.inputs.end()) throw Damaged("case " + c.name + ": the input " + name + " is missing");
  return found->second;
}

}  // namespace normrun::golden
