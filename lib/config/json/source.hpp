#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/json/json.hpp"
#include "core/error.hpp"

namespace normrun::config {

inline constexpr std::size_t kMaxBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxDepth = 64;
inline constexpr std::size_t kMaxValues = 1'000'000;  // bounds the memory of the positions

/// Offsets of a value in the text, and of its key (the value's own where it has none).
struct Place {
  std::size_t key = 0;
  std::size_t value = 0;
};

/// A document's text and where each of its values stands in it.
struct Source {
  std::string name;
  std::string text;
  std::unordered_map<std::string, Place> places;  // by JSON pointer
  std::vector<std::size_t> lines;                 // offsets at which they begin

  Source(std::string name_in, std::string_view text_in);
  /// "config.json:3:14": both count from 1, columns in characters.
  std::string position(std::size_t offset) const;
};

/// What a Document holds.
struct DocumentState {
  std::shared_ptr<const Source> source;
  JsonRoot root;
  std::map<std::string, std::string> origins;  // pointer of a value that an override put there -> what `where` says
  std::set<std::string> retyped;               // pointers of objects whose "type" an override put there

  /// "config.json:3:14 /train/batch_size", "--set train.batch_size"
  std::string where(std::string_view pointer) const;
  /// The same for the key in front of the value.
  std::string where_key(std::string_view pointer) const;
  /// Sorts problems in the order of the text, those of overrides last.
  std::size_t order(std::string_view pointer) const;
  /// The override that put the value at `pointer` or above there; end() where the text did.
  std::map<std::string, std::string>::const_iterator override_of(std::string_view pointer) const;
};

/// Throws Error(kUsage) with every problem that can be found.
std::pair<std::shared_ptr<const Source>, JsonRoot> parse_source(std::string_view text, std::string name);

/// The value that the text is (any JSON, without positions), or a discarded value where it is none that a Document takes.
JsonValue parse_value(std::string_view text);

}  // namespace normrun::config
