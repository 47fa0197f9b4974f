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

struct JsonRoot;  // nlohmann::ordered_json, known to this folder's .cpp files alone

/// A JSON text with comments, its values, and where each of them stands in the text.
/// Copying copies the values; the text positions are shared.
class Document {
 public:
  /// Throws Error(kUsage) where the file is missing, not UTF-8, not one JSON object, has a duplicate key or a number that is
  /// no finite double, is nested deeper than 64 levels, larger than 16 MiB or has more than a million values: with
  /// file:line:column, lines and columns counted from 1, columns in characters.
  static Document load(const std::string& path);
  static Document parse(std::string_view text, std::string name);

  Document(const Document&);
  Document& operator=(const Document&);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  const std::string& name() const;  // the file's path as it was given
  /// "config.json:3:14 /train/batch_size"; for a value that an override put there, "--set train.batch_size", and below it
  /// "--set train/batch_size".
  std::string where(std::string_view pointer) const;
  /// The same for the key `key` of the object at `pointer`, as it stands in front of its value.
  std::string where_key(std::string_view pointer, std::string_view key) const;
  /// The keys of the object at `pointer`, in the order of the text; none where there is no object.
  std::vector<std::string> keys_at(std::string_view pointer) const;

  /// Puts a value at a dotted key ("train.batch_size", "network.1.momentum"), making objects on the way.  `origin` is
  /// what `where` then says.  value_text is JSON or, where it is not, a plain string.  Where the key ends in ".type", the
  /// object's options that only other members of its family know are ignored when it is read.
  /// Throws Error(kUsage) where the key leads through something that is no object or past the end of a list; the document
  /// is then as it was.  Whether somebody knows the key is found when the document is read.
  void set(std::string_view dotted_key, std::string_view value_text, const std::string& origin);
  /// Takes a member out of its object; entries of lists stay, and so does everything where there is no such key.
  void erase(std::string_view dotted_key);
  /// Options that only other members of its family know are ignored in the object at a dotted key, as where `set` puts a "type".
  void allow_other_types(std::string_view dotted_key);
  /// Puts at a dotted key what `given` has there, or takes it away where that has nothing.  Of an object whose type an override
  /// put there, the options stay that this document's object has as well: the new type knows them.
  void restore(std::string_view dotted_key, const Document& given);
  bool contains(std::string_view dotted_key) const;
  std::string text_at(std::string_view dotted_key) const;  // compact JSON, "" where there is nothing
  std::string dump() const;                                // compact JSON
  std::string pretty() const;                              // as write_resolved writes it

  /// Reads the object at `pointer` ("" is the root) into `value`, and appends every problem to `problems`: unknown keys
  /// with the nearest known one, wrong types, values out of range, in the order of the text, those of overrides last.  Keys
  /// in `elsewhere` are left to other readers, and so are "$schema" at the root and "type" of a family's member.
  void read(std::string_view pointer, Described& value, std::vector<Problem>& problems,
            const std::vector<std::string_view>& elsewhere = {}) const;

  const JsonRoot& json() const;

 private:
  struct Content;
  explicit Document(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

/// The first value that differs between two documents, "train.epochs is 2 there and 3 here"; "" where they are equal.
std::string first_difference(const Document& there, const Document& here);

/// The object with every option, defaults included, as JSON (two spaces of indent); numbers as shortest digits, "type" first.
/// Left out: empty optionals and pointers, numbers that are not finite.
std::string write_resolved(Described& value);
/// JSON Schema (draft-07) of one object: properties, types, ranges, defaults, descriptions; families as if/then on type,
/// each under "definitions".
std::string write_schema(Described& value, std::string_view id, std::string_view title);

/// The members of a JSON object all of whose values are texts, in their order; nothing for another JSON.
std::optional<std::vector<std::pair<std::string, std::string>>> text_members(const std::string& json);

/// One option as `normrun list` shows it.
struct OptionRow {
  std::string name;      // of a nested object's option "train.batch_size", of a list's "shift[].scale"
  std::string kind;      // number, integer, text, flag, one of …
  std::string range;     // "" where anything goes
  std::string fallback;  // the default as JSON, "" where there is none
  std::string doc;
};
std::vector<OptionRow> option_rows(Described& value);

}  // namespace normrun::config
