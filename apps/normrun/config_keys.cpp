#include "config_keys.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "commands.hpp"

namespace normrun::app {
namespace {

using nlohmann::ordered_json;

/// Keys that describe the experiment but do not change a run, such as its name.  `--set` and `--grid` do not complete them.
const std::set<std::string> kUnset = {"$schema", "name", "source", "description", "grid", "claims"};

class KeyReader {
 public:
  explicit KeyReader(const ordered_json& schema) : definitions_(schema.at("definitions")) {}

  /// Reads the keys of an object from its schema, and puts the prefix before each key.
  void read(const ordered_json& object, const std::string& prefix) {
    for (const auto& [name, property] : object.at("properties").items()) {
      if (prefix.empty() && kUnset.contains(name)) continue;
      add(prefix + name, property);
      if (property.contains("properties")) read(property, prefix + name + ".");
      if (property.contains("allOf")) read_family(property, prefix + name + ".");
    }
  }
  std::vector<ConfigKey> keys;

 private:
  void add(const std::string& name, const ordered_json& property) {
    const auto is_same = [&](const ConfigKey& key) { return key.name == name; };
    if (std::any_of(keys.begin(), keys.end(), is_same)) return;  // another member of the family has a key of this name, too
    ConfigKey key{.name = name, .doc = property.value("description", ""), .values = {}};
    if (property.contains("enum")) {
      for (const ordered_json& value : property["enum"]) key.values.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    }
    if (property.value("type", ordered_json()) == "boolean") key.values = {"true", "false"};
    keys.push_back(std::move(key));
  }

  void read_family(const ordered_json& property, const std::string& prefix) {
    constexpr std::string_view kDefinitions = "#/definitions/";
    const std::string reference = property["allOf"][0].at("$ref");
    const ordered_json& object = definitions_.at(reference.substr(kDefinitions.size())).at("else");
    ordered_json type = object.at("properties").at("type");
    type["description"] = property.value("description", "");
    add(prefix + "type", type);
    for (const ordered_json& member : object.at("allOf")) read(member.at("then"), prefix);
  }

  const ordered_json& definitions_;
};

}  // namespace

std::vector<ConfigKey> config_keys() {
  const ordered_json schema = ordered_json::parse(config_schema());
  KeyReader reader(schema);
  reader.read(schema, "");
  return reader.keys;
}

}  // namespace normrun::app
