#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/csv_profile.hpp"

namespace normrun::data {

/// What a config's "data" needs for a CSV file, in addition to its type and path.
struct CsvSuggestion {
  InputTable table;  // every column as an input
  std::vector<ColumnFacts> facts;
  CsvOptions options;      // as the config should give them
  std::size_t target = 0;  // its place among the table's inputs; their number where the labels have a file of their own
  bool is_classes = true;
  Index outputs = 1;               // the number of classes, or 1
  std::vector<std::string> notes;  // why columns are left out, one sentence each
  /// Returns the keys that differ from the defaults, with their values as JSON, in the order of the documentation.
  std::vector<std::pair<std::string, std::string>> keys() const;
};

/// Reads a file and decides how to train on it.  `target` is the column to predict, by name or index.  If it is empty, a column whose name
/// says that it is the target is chosen, else the last one that can be predicted.  Throws Error as read_csv does, and Error(kUsage) where
/// no column can be predicted.
CsvSuggestion suggest_csv(const std::string& path, const std::string& target);

/// Does the same where the labels stand in a file of their own, row by row: its target is found as if it were a table by itself.
CsvSuggestion suggest_csv_with_labels(const std::string& path, const std::string& labels_path);

/// As suggest_csv, but without a column to predict: `inspect` takes any table.
CsvSuggestion look_at_csv(const std::string& path);

/// Returns a text as JSON.
std::string json_quoted(std::string_view text);

}  // namespace normrun::data
