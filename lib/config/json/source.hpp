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
inline constexpr std::size_t kMaxValues = 1'000'000;  // limits the memory that the positions take

/// Where a value stands in the text: the offset of the value and that of its key (the value's own if there is no key).
struct Place {
  std::size_t key = 0;
  std::size_t value = 0;
};

/// The text of a document, and where each of its values stands in it.
struct Source {
  std::string name;
  std::string text;
  std::unordered_map<std::string, Place> places;  // by JSON pointer
  std::vector<std::size_t> lines;                 // the offsets at which lines begin

  Source(std::string name_in, std::string_view text_in);
  /// Returns "config.json:3:14".  Lines and columns count from 1, and columns count characters.
  std::string position(std::size_t offset) const;
};

/// The content of a Document.
struct DocumentState {
  std::shared_ptr<const Source> source;
  JsonRoot root;
  std::map<std::string, std::string> origins;  // for each value that an override set, by its pointer: what `where` returns
  std::set<std::string> retyped;               // pointers of objects whose "type" an override set

  /// Names a value for messages: "config.json:3:14 /train/batch_size", or "--set train.batch_size" if an override set the value.
  std::string where(std::string_view pointer) const;
  /// Names the value's key in the same way, with the position of the key.
  std::string where_key(std::string_view pointer) const;
  /// Returns a number that sorts problems by the order of the text.  Values that overrides set come last.
  std::size_t order(std::string_view pointer) const;
  /// Finds the override that set the value at `pointer` or a value around it.  Returns end() if the value comes from the text.
  std::map<std::string, std::string>::const_iterator override_of(std::string_view pointer) const;
};

/// Parses a text.  Throws Error(kUsage) with every problem that can be found.
std::pair<std::shared_ptr<const Source>, JsonRoot> parse_source(std::string_view text, std::string name);

/// Parses any JSON value without positions.  Returns a discarded value if the text is not JSON that a Document accepts.
JsonValue parse_value(std::string_view text);

}  // namespace normrun::config
