#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.hpp"
#include "core/error.hpp"

namespace normrun {

struct Json;  // nlohmann::ordered_json, known to this folder's .cpp files alone

/// A JSON text with comments, its values, and where each of them stands in the text.
/// Copying copies the values; the text positions are shared.
class Document {
 public:
  /// Throws Error(kUsage) where the file is missing, not UTF-8, not JSON, has a duplicate key or a number that is no
  /// finite double, or is nested deeper than 64 levels or larger than 16 MiB: with file:line:column.
  static Document load(const std::string& path);
  static Document parse(std::string_view text, std::string name);

  Document(const Document&);
  Document& operator=(const Document&);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  const std::string& name() const;  // the file's path as it was given
  /// "config.json:3:14 /train/batch_size"; for a value that an override put there, "--set train.batch_size".
  std::string where(std::string_view pointer) const;

  /// Puts a value at a dotted key ("train.batch_size", "network.1.momentum"), making objects on the way.  `origin` is
  /// what `where` then says.  value_text is JSON or, where it is not, a plain string.  Where the key ends in ".type", the
  /// object's options that only other members of its family know are ignored when it is read.
  /// Throws Error(kUsage) where the key leads through something that is no object or past the end of a list.
  void set(std::string_view dotted_key, std::string_view value_text, const std::string& origin);
  void erase(std::string_view dotted_key);
  bool contains(std::string_view dotted_key) const;
  std::string text_at(std::string_view dotted_key) const;  // compact JSON, "" where there is nothing
  std::string dump() const;                               // compact JSON

  /// Reads the object at `pointer` ("" is the root) into `value`, and appends every problem to `problems`: unknown keys
  /// with the nearest known one, wrong types, values out of range.  Keys in `elsewhere` are left to other readers.
  void read(std::string_view pointer, Described& value, std::vector<Problem>& problems,
            const std::vector<std::string_view>& elsewhere = {}) const;

  const Json& json() const;

 private:
  struct Content;
  explicit Document(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

/// The object with every option, defaults included, as JSON (two spaces of indent); numbers as shortest digits.
std::string write_resolved(Described& value);
/// JSON Schema (draft-07) of one object: properties, types, ranges, defaults, descriptions; families as if/then on type.
std::string write_schema(Described& value, std::string_view id, std::string_view title);

/// One option as `normrun list` shows it.
struct OptionRow {
  std::string name;
  std::string kind;   // number, integer, text, flag, one of …
  std::string range;  // "" where anything goes
  std::string fallback;  // the default as JSON, "" where there is none
  std::string doc;
};
std::vector<OptionRow> option_rows(Described& value);

/// The nearest of `known` to `word` by edit distance, or "" where none is near enough to be meant.
std::string nearest_word(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace normrun
