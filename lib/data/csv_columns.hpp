#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/csv_options.hpp"

namespace normrun::data {

/// What a column is used for.
enum class CsvRole { kFeature, kLabel, kSequence, kTime, kWeight, kIgnored };

/// Returns whether `name` matches `pattern`.  In a pattern, "*" stands for any number of characters and "?" for one.
bool fits_pattern(std::string_view name, std::string_view pattern);

/// The columns of a table and their roles.
class CsvColumns {
 public:
  /// Finds the columns that the options give by index.  Throws Error(kUsage) if such a column does not exist or if one column gets two
  /// roles.  Throws Error(kDamaged) if no column is left for the inputs.
  CsvColumns(std::string path, const CsvOptions& options, Index count);

  bool needs_names() const;  // whether the options give a column by name
  /// Finds the columns that the options give by name.  `names` is the header; it is empty if there is none.  Throws like the constructor,
  /// and throws Error(kDamaged) if two columns that are read have the same name.
  void find_by_name(const std::vector<std::string>& names);

  CsvRole role(Index column) const { return roles_[static_cast<std::size_t>(column)]; }
  /// Returns the place of a column among the label columns, which keep the config's order.
  Index label_place(Index column) const;
  Index feature_count() const;
  bool is_category(Index column) const { return categories_[static_cast<std::size_t>(column)]; }

 private:
  struct Special {
    CsvRole role;
    config::Count column;
  };
  void add_input_roles(const CsvOptions& options);
  Index index_of(const Special& special) const;
  void assign(const Special& special, Index column);
  void assign_named(const Special& special, const std::vector<std::string>& names);
  void require_inputs() const;
  void refuse_duplicates(const std::vector<std::string>& names) const;

  std::string path_;
  CsvPart part_;
  std::vector<Special> special_;  // all columns that the options name; category columns have the role kFeature
  std::vector<CsvRole> roles_;    // one role for each column
  std::vector<bool> categories_;  // for each column, whether the config says that it holds words
  std::vector<Index> labels_;     // the label columns, in the config's order
};

}  // namespace normrun::data
