#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/column_profile.hpp"
#include "data/csv_classes.hpp"
#include "data/csv_encoder.hpp"

namespace normrun::data {

/// What the cells of an input column have in common.
enum class ColumnKind {
  kEmpty,       // every cell is missing
  kIndex,       // a column that counts the rows, or the first column if it has no name
  kIdentifier,  // distinct whole numbers under a name such as "id"
  kNumber,
  kTruth,  // true and false, or yes and no
  kDates,
  kWords,  // words, few enough different ones to become one-hot
  kTexts,  // words, too many different ones to become one-hot
  kMixed,  // numbers and a few words
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
  Index sentinels = 0;             // the number of cells that hold it
};
inline constexpr std::size_t kMostValues = 51;

/// Returns whether all words of the column mean true or false.
bool has_truths(const InputColumn& column);
/// Examines every cell of a column.
ColumnFacts column_facts(const InputTable& table, std::size_t input);
std::string kind_text(ColumnKind kind);

/// Describes every input column as the file has it.
std::vector<ColumnProfile> profiles_of(const InputTable& table, const std::vector<ColumnFacts>& facts);
/// Describes every column as the network gets it, with the labels last.
std::vector<ColumnProfile> profiles_of(const InputTable& table, const CsvEncoder& encoder, const CsvClasses& classes);

}  // namespace normrun::data
