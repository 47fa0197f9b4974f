#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/column_profile.hpp"
#include "data/csv_classes.hpp"
#include "data/csv_encoder.hpp"

namespace normrun::data {

/// The kind of an input column: what all of its cells have in common.
enum class ColumnKind {
  kEmpty,       // every cell is missing
  kIndex,       // a column that counts the rows, or the first column if it has no name
  kIdentifier,  // distinct whole numbers under a name such as "id"
  kNumber,
  kTruth,  // words that mean true or false, such as yes and no
  kDates,
  kWords,  // words, few enough different ones to become one-hot
  kTexts,  // words, too many different ones to become one-hot
  kMixed,  // numbers, and some words among them
};
struct ColumnFacts {
  ColumnKind kind = ColumnKind::kNumber;
  double low = 0.0;  // the smallest number
  double high = 0.0;
  bool are_whole = true;
  bool is_constant = false;
  std::vector<std::pair<std::string, Index>> values;  // at most kMostValues distinct cells with their counts, the most frequent first
  bool has_more_values = false;
  std::optional<double> sentinel;  // a number that probably means "missing": one such as -999 that lies far from all others
  Index sentinels = 0;             // how many cells hold the sentinel
};
inline constexpr std::size_t kMostValues = 51;

/// Returns whether all words of the column mean true or false.
bool has_truths(const InputColumn& column);
/// Examines every cell of a column.
ColumnFacts column_facts(const InputTable& table, std::size_t input);
std::string kind_text(ColumnKind kind);

/// Describes every input column as it is in the file.
std::vector<ColumnProfile> profiles_of(const InputTable& table, const std::vector<ColumnFacts>& facts);
/// Describes every column in the form in which the network gets it.  The labels come last.
std::vector<ColumnProfile> profiles_of(const InputTable& table, const CsvEncoder& encoder, const CsvClasses& classes);

}  // namespace normrun::data
