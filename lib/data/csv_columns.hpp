#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/csv_options.hpp"

namespace normrun::data {

/// What the cells of a column are.
enum class CsvRole { kFeature, kLabel, kSequence, kTime, kIgnored };

/// Whether `name` fits `pattern`, where "*" stands for any characters and "?" for one.
bool fits_pattern(std::string_view name, std::string_view pattern);

/// The columns of a table and their roles.
class CsvColumns {
 public:
  /// Finds the columns that are given by index.  Throws Error(kUsage) where there is no such column or two are the same, and
  /// Error(kDamaged) where no column is left for the inputs.
  CsvColumns(std::string path, const CsvOptions& options, Index count);

  bool needs_names() const;  // whether a column is given by name
  /// Finds those that are given by name, in the header or in nothing.  Throws as the constructor does, and Error(kDamaged) where two
  /// columns that are read have the same name.
  void find_by_name(const std::vector<std::string>& names);

  CsvRole role(Index column) const { return roles_[static_cast<std::size_t>(column)]; }
  /// Which of the label columns this one is: their order is that of the config.
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
  std::vector<Special> special_;  // all but the inputs; category columns as kFeature
  std::vector<CsvRole> roles_;    // of all columns
  std::vector<bool> categories_;  // of all columns: whether the config says that it holds words
  std::vector<Index> labels_;     // the label columns
};

}  // namespace normrun::data
