#include "config/json/json.hpp"
#include "config/options/document.hpp"

namespace normrun::config {
namespace {

/// Writes the dotted key of the first value that differs, with both values.  Returns "" if no value differs.
std::string difference(const JsonValue& a, const JsonValue& b, const std::string& key) {
  if (a == b) return "";
  if (a.is_object() && b.is_object()) {
    const std::string prefix = key.empty() ? "" : key + '.';
    for (const auto& [name, value] : a.items()) {
      if (!b.contains(name)) return prefix + name + " is " + shown(value) + " there and missing here";
      if (std::string found = difference(value, b[name], prefix + name); !found.empty()) return found;
    }
    for (const auto& [name, value] : b.items()) {
      if (!a.contains(name)) return prefix + name + " is missing there and " + shown(value) + " here";
    }
  }
  if (a.is_array() && b.is_array() && a.size() == b.size()) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (std::string found = difference(a[i], b[i], key + '.' + std::to_string(i)); !found.empty()) return found;
    }
  }
  return key + " is " + shown(a) + " there and " + shown(b) + " here";
}

}  // namespace

std::string first_difference(const Document& there, const Document& here) { return difference(there.json().value, here.json().value, ""); }

}  // namespace normrun::config
