#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/options/document.hpp"
#include "core/matrix.hpp"

namespace normrun::models {

/// An object in Keras's JSON.  Its values are read by dotted keys such as "config.units" and "layers.3.class_name".
class KerasConfig {
 public:
  /// `prefix` is the dotted key of the object in the document; "" means the document itself.
  KerasConfig(const config::Document& document, std::string prefix) : document_(document), prefix_(std::move(prefix)) {}

  KerasConfig at(const std::string& key) const { return {document_, path(key)}; }
  bool has(const std::string& key) const { return document_.contains(path(key)); }
  /// Returns whether the key has a value other than null.
  bool is_given(const std::string& key) const { return has(key) && json(key) != "null"; }
  std::string json(const std::string& key) const { return document_.text_at(path(key)); }  // "" if the key has no value
  std::string text(const std::string& key, const std::string& fallback = "") const;
  bool flag(const std::string& key, bool fallback) const;
  std::optional<double> number(const std::string& key) const;
  /// Returns a list of whole numbers.  A single number becomes a list of one; null and other entries become -1.
  std::vector<Index> integers(const std::string& key) const;
  /// Returns how many entries the list at a key has.
  std::size_t entries(const std::string& key) const;

 private:
  std::string path(const std::string& key) const { return prefix_.empty() ? key : prefix_ + "." + key; }

  const config::Document& document_;
  std::string prefix_;
};

}  // namespace normrun::models
