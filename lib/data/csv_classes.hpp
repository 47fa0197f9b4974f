#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/csv_table.hpp"

namespace normrun::data {

/// The classes of a table: those that the config lists, in its order, or else the table's distinct labels.  These are ordered by value if
/// all of them are whole numbers, and otherwise by text.
class CsvClasses {
 public:
  /// `given` are the words of the classes; if it is empty, the table's labels are the classes.
  explicit CsvClasses(const InputTable& table, const std::vector<std::string>& given = {});
  Index count() const { return static_cast<Index>(by_key_.size()); }
  /// Returns whether all labels are numbers, but some are not whole.  Such labels are more likely numbers to predict than classes.
  bool are_fractions() const { return are_numbers_ && !are_whole_numbers_; }
  /// Returns the class of each row; -1 if the row has no label.  Throws Error(kDamaged) for a label that is none of the classes.
  std::vector<std::int32_t> labels_of(const InputTable& table) const;
  /// Returns the names of the classes as the file writes them.
  const std::vector<std::string>& words() const { return words_; }

 private:
  /// A key that orders whole numbers by value and texts by their bytes.
  struct Key {
    std::int64_t number = 0;
    std::string text;
    friend auto operator<=>(const Key&, const Key&) = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads it
  };
  Key key_of(const std::string& text) const;
  void take(const std::vector<std::string>& given);

  std::string path_;
  bool are_given_ = false;
  bool are_numbers_ = true;
  bool are_whole_numbers_ = true;
  std::map<Key, std::int32_t> by_key_;
  std::vector<std::string> words_;
};

}  // namespace normrun::data
