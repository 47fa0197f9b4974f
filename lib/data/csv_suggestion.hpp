#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/csv_profile.hpp"

namespace normrun::data {

/// The options that a config's "data" needs for a CSV file, in addition to its type and path.
struct CsvSuggestion {
  InputTable table;  // the whole file; every column is an input
  std::vector<ColumnFacts> facts;
  CsvOptions options;      // the options that the config should set
  std::size_t target = 0;  // the index of the target's column; if labels have a file of their own, the number of columns
  bool is_classes = true;
  Index outputs = 1;               // the number of classes, or 1 if the target is a number
  std::vector<std::string> notes;  // what users should know, one sentence each, such as why a column is left out
  /// Returns the keys that differ from the defaults, with their values as JSON, in the order of the documentation.
  std::vector<std::pair<std::string, std::string>> keys() const;
};

/// Reads a file and decides how to train on it.  `target` is the column to predict, by name or index.  If `target` is empty, the function
/// chooses a column whose name says that it is the target, or otherwise the last column that can be predicted.  Throws Error like read_csv,
/// and Error(kUsage) if no column can be predicted.
CsvSuggestion suggest_csv(const std::string& path, const std::string& target);

/// Does the same if the labels have a file of their own, with one line for each row.  In that file the target is found like in a table of
/// its own.
CsvSuggestion suggest_csv_with_labels(const std::string& path, const std::string& labels_path);

/// Reads a file like suggest_csv, but needs no column to predict, because `inspect` takes any table.
CsvSuggestion look_at_csv(const std::string& path);

/// Returns a text as a JSON string, with its quotes.
std::string json_quoted(std::string_view text);

}  // namespace normrun::data
