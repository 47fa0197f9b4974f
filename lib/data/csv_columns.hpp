#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/options/options.hpp"

namespace normrun::data {

enum class CsvHeader {
  kAuto,  // the first line names the columns where none of its cells but the label is a number
  kYes,
  kNo,
};
enum class CsvTarget { kClass, kNumber };

/// Columns are given by name, or by index; negative ones count from the end.
struct CsvOptions {
  CsvHeader header = CsvHeader::kAuto;
  config::Count label{.word = {}, .value = -1};
  CsvTarget target = CsvTarget::kClass;
  config::Count sequence{.word = "none"};  // which sequence a row belongs to; "none": each row is an example
  config::Count time{.word = "none"};      // its place in the sequence; "none": as the file has them
  std::vector<std::string> ignore;         // names of columns that are not read

  bool has_sequences() const { return sequence.word != "none"; }
  bool has_times() const { return time.word != "none"; }
};

/// What the cells of a column are.
enum class CsvRole { kFeature, kLabel, kSequence, kTime, kIgnored };

/// The columns of a table and their roles.
class CsvColumns {
 public:
  /// Finds the columns that are given by index.  Throws Error(kUsage) where there is no such column or two are the same.
  CsvColumns(std::string path, const CsvOptions& options, Index count);

  bool needs_names() const;  // whether a column is given by name
  /// Finds those that are given by name, in the header or in nothing.  Throws as the constructor does.
  void find_by_name(const std::vector<std::string>& names);

  CsvRole role(Index column) const { return roles_[static_cast<std::size_t>(column)]; }
  Index feature_count() const { return static_cast<Index>(roles_.size() - special_.size()); }

 private:
  struct Special {
    CsvRole role;
    config::Count column;
  };
  Index index_of(const Special& special) const;
  void assign(const Special& special, Index column);

  std::string path_;
  std::vector<Special> special_;  // all but the inputs
  std::vector<CsvRole> roles_;    // of all columns
};

}  // namespace normrun::data
