#pragma once

#include <string_view>
#include <vector>

namespace normrun::tables {

enum class TableId { kRuns, kHistory, kCompare, kClasses, kLayers, kChannels, kOutputs, kTiming, kBudget, kProbes, kScores };
inline constexpr std::size_t kTableCount = 11;

struct Column {
  std::string_view name;
  std::string_view type;  // of Frictionless: string, integer, number
  std::string_view doc;   // with its unit
};

/// A table's own columns, which follow the key columns.  One description for headers, datapackage.json and the reference.
struct Table {
  TableId id;
  std::string_view file;
  std::string_view doc;
  std::vector<Column> columns;
};
const std::vector<Table>& tables();
const Table& table(TableId id);
/// The column of that name, nullptr where there is none.
const Column* find_column(const std::vector<Column>& columns, std::string_view name);
/// Where a column that a table has stands among its own.
std::size_t own_place(TableId id, std::string_view name);

/// run_id, norm, batch_size, seed: the first columns of every table; one for each other swept key follows.
const std::vector<Column>& key_columns();

/// Changes whenever a table's columns or the meaning of a number change.
inline constexpr int kTableFormatVersion = 3;

}  // namespace normrun::tables
