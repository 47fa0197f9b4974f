#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/options/document.hpp"
#include "core/matrix.hpp"

namespace normrun::models {

/// An object of Keras's JSON, read by keys: "config.units", "layers.3.class_name".
class KerasConfig {
 public:
  /// `prefix` is the dotted key of the object in the document; "" means the document itself.
  KerasConfig(const config::Document& document, std::string prefix) : document_(document), prefix_(std::move(prefix)) {}

  KerasConfig at(const std::string& key) const { return {document_, path(key)}; }
  bool has(const std::string& key) const { return document_.contains(path(key)); }
  /// Returns whether there is a value other than null.
  bool is_given(const std::string& key) const { return has(key) && json(key) != "null"; }
  std::string json(const std::string& key) const { return document_.text_at(path(key)); }  // "" if there is none
  std::string text(const std::string& key, const std::string& fallback = "") const;
  bool flag(const std::string& key, bool fallback) const;
  std::optional<double> number(const std::string& key) const;
  /// Returns a list of whole numbers, or one number as a list; null and other entries become -1.
  std::vector<Index> integers(const std::string& key) const;
  /// Returns how many entries a list has.
  std::size_t entries(const std::string& key) const;

 private:
  std::string path(const std::string& key) const { return prefix_.empty() ? key : prefix_ + "." + key; }

  const config::Document& document_;
  std::string prefix_;
};

}  // namespace normrun::models
