#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/options/options.hpp"
#include "core/error.hpp"

namespace normrun::config {

struct JsonRoot;  // nlohmann::ordered_json; only this folder's .cpp files know it

/// A JSON text with comments: its values, and where each of them stands in the text.  Copies have values of their own and share the text.
class Document {
 public:
  /// Throws Error(kUsage), with file:line:column, if the file is missing, is not UTF-8 or not one JSON object, repeats a key, or has a
  /// number that is not a finite double.  Nesting deeper than 64 levels, more than 16 MiB and more than a million values are errors too.
  /// Lines and columns count from 1, and columns count characters.
  static Document load(const std::string& path);
  static Document parse(std::string_view text, std::string name);

  Document(const Document&);
  Document& operator=(const Document&);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  const std::string& name() const;  // the file's path as the caller gave it
  /// Names a value for messages: "config.json:3:14 /train/batch_size".  A value that an override set is named "--set train.batch_size", and
  /// a value inside it "--set train/batch_size".
  std::string where(std::string_view pointer) const;
  /// Names the key `key` of the object at `pointer` in the same way, with the position of the key instead of the value.
  std::string where_key(std::string_view pointer, std::string_view key) const;
  /// Returns the keys of the object at `pointer` in the order of the text, or none if there is no object.
  std::vector<std::string> keys_at(std::string_view pointer) const;

  /// Sets the value at a dotted key ("train.batch_size", "network.1.momentum") and makes missing objects on the way.  From then on `where`
  /// returns `origin` for the value.  value_text is JSON; any other text is taken as a string.  If the key ends in ".type",
  /// allow_other_types applies to the object.  Throws Error(kUsage) if the key leads through a value that is not an object, or beyond the
  /// end of a list; the document then stays as it was.  Only reading the document checks whether the key is known.
  void set(std::string_view dotted_key, std::string_view value_text, const std::string& origin);
  /// Removes a member from its object.  Does nothing to the entries of lists, or if there is no such key.
  void erase(std::string_view dotted_key);
  /// From now on, whoever reads the object at this dotted key ignores options that only other types of its family have.  `set` arranges the
  /// same when it sets a "type".
  void allow_other_types(std::string_view dotted_key);
  /// Sets a dotted key to the value that `given` has there, or removes the key if `given` has no such value.  If an override set the type
  /// of the object in `given`, the object keeps only those options that this document's object has, too, because the new type does not know
  /// the others.
  void restore(std::string_view dotted_key, const Document& given);
  bool contains(std::string_view dotted_key) const;
  std::string text_at(std::string_view dotted_key) const;  // compact JSON; "" if there is no value
  std::string dump() const;                                // compact JSON
  std::string pretty() const;                              // JSON in the layout of write_resolved

  /// Reads the object at `pointer` ("" is the root) into `value`, which names its members to a Reader (reader.hpp).  Appends every problem
  /// to `problems` (unknown keys with the nearest known one, wrong types, values out of range) in the order of the text, with the problems
  /// of overrides last.  Ignores the keys in `elsewhere`, which other readers take, "$schema" at the root, and the "type" of a family's
  /// member.
  void read(std::string_view pointer, Described& value, std::vector<Problem>& problems,
            const std::vector<std::string_view>& elsewhere = {}) const;

  const JsonRoot& json() const;

 private:
  struct Content;
  explicit Document(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

/// Describes the first value that differs between two documents: "train.epochs is 2 there and 3 here".  "" if they are equal.
std::string first_difference(const Document& there, const Document& here);

/// Writes the object with every option, defaults included, as JSON: two blanks of indent, shortest digits, "type" first.  Leaves out empty
/// optionals, empty pointers and numbers that are not finite.
std::string write_resolved(Described& value);
/// Writes the JSON Schema (draft-07) of one object: properties, types, ranges, defaults and descriptions.  Each family stands under
/// "definitions", with one if/then for each type.
std::string write_schema(Described& value, std::string_view id, std::string_view title);

/// Returns the members of a JSON object in their order, if all of its values are texts.  Returns nothing for any other JSON.
std::optional<std::vector<std::pair<std::string, std::string>>> text_members(const std::string& json);

/// One option as `normrun list` shows it.
struct OptionRow {
  std::string name;      // for a nested object "train.batch_size", for a list "shift[].scale"
  std::string kind;      // number, integer, text, flag, one of …
  std::string range;     // "" if every value is allowed
  std::string fallback;  // the default as JSON; "" if there is none
  std::string doc;
};
std::vector<OptionRow> option_rows(Described& value);

}  // namespace normrun::config
