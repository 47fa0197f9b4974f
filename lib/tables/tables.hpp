#pragma once

#include <string_view>
#include <vector>

namespace normrun::tables {

enum class TableId {
  kRuns,
  kHistory,
  kCompare,
  kClasses,
  kLayers,
  kChannels,
  kOutputs,
  kTiming,
  kBudget,
  kProbes,
  kScores,
  kDiagnosis,
  kRemedies
};
inline constexpr std::size_t kTableCount = 13;

struct Column {
  std::string_view name;
  std::string_view type;  // Frictionless type: string, integer or number
  std::string_view doc;   // what the column holds, with its unit
};

/// A table and its own columns, which follow the key columns.  The headers, datapackage.json and the reference are all written from this
/// description.
struct Table {
  TableId id;
  std::string_view file;
  std::string_view doc;
  std::vector<Column> columns;
};
const std::vector<Table>& tables();
const Table& table(TableId id);
/// Returns the column of that name, or nullptr if there is none.
const Column* find_column(const std::vector<Column>& columns, std::string_view name);

/// The first columns of every table: run_id, norm, batch_size, seed.  After them comes one column for each other swept key.
const std::vector<Column>& key_columns();

/// This number grows whenever the columns of a table or the meaning of a number change.
inline constexpr int kTableFormatVersion = 4;

}  // namespace normrun::tables
