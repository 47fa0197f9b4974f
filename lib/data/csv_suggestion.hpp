#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/csv_profile.hpp"

namespace normrun::data {

/// What a config's "data" needs for a CSV file, beside its type and path.
struct CsvSuggestion {
  InputTable table;  // every column as an input
  std::vector<ColumnFacts> facts;
  CsvOptions options;      // as they are to be written
  std::size_t target = 0;  // among the table's inputs
  bool is_classes = true;
  Index outputs = 1;               // classes, or 1
  std::vector<std::string> notes;  // why columns are left out, a sentence each
  /// The keys that differ from the defaults, with their values as JSON, in the order of the documentation.
  std::vector<std::pair<std::string, std::string>> keys() const;
};

/// Reads a file and decides how to train on it.  `target`: the column to predict, a name or an index; empty: one whose name says so, or
/// the last that can be one.  Throws Error as read_csv does, and Error(kUsage) where no column can be predicted.
CsvSuggestion suggest_csv(const std::string& path, const std::string& target);

/// The same without a column to predict: for `inspect` of whatever it is.
CsvSuggestion look_at_csv(const std::string& path);

/// A text as JSON.
std::string json_quoted(std::string_view text);

}  // namespace normrun::data
