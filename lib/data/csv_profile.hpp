#pragma once

#include <string>
#include <utility>
#include <vector>

#include "data/column_profile.hpp"
#include "data/csv_encoder.hpp"

namespace normrun::data {

/// What an input column's cells have in common.
enum class ColumnKind {
  kEmpty,       // every cell is missing
  kIndex,       // counts the rows, or has no name and stands first
  kIdentifier,  // whole numbers, no two the same, under a name such as "id"
  kNumber,
  kTruth,  // true and false, yes and no
  kDates,
  kWords,  // at most as many different ones as can become one-hot
  kTexts,  // more
  kMixed,  // numbers and a few words
};
struct ColumnFacts {
  ColumnKind kind = ColumnKind::kNumber;
  double low = 0.0;  // of the numbers
  double high = 0.0;
  bool are_whole = true;
  bool is_constant = false;
  std::vector<std::pair<std::string, Index>> values;  // different cells with their counts, most frequent first; at most kMostValues
  bool has_more_values = false;
};
inline constexpr std::size_t kMostValues = 51;

/// Whether all words of the column say true or false.
bool has_truths(const InputColumn& column);
/// Looks at every cell of a column.
ColumnFacts column_facts(const InputTable& table, std::size_t input);
std::string kind_text(ColumnKind kind);

/// Every input column as the file has it.
std::vector<ColumnProfile> profiles_of(const InputTable& table, const std::vector<ColumnFacts>& facts);
/// Every column as the network gets it; labels last.
std::vector<ColumnProfile> profiles_of(const InputTable& table, const CsvEncoder& encoder, const CsvClasses& classes);

}  // namespace normrun::data
