#include "report/results/empty_comparisons.hpp"

#include <charconv>
#include <string_view>

#include "tables/csv_table.hpp"

namespace normrun::report {
namespace {

/// Returns, for each line of the run in compare.csv, the fields of the table's own columns.
std::vector<std::vector<std::string>> compared_lines(const tables::RunRecord& record) {
  const std::string_view text = record.lines[static_cast<std::size_t>(tables::TableId::kCompare)];
  std::vector<std::vector<std::string>> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    lines.push_back(tables::split_csv_line(text.substr(start, end - start).substr(record.keys.size())));
    start = end + 1;
  }
  return lines;
}

std::string more_rows(const std::string& split) {
  /// with `resample` every step draws fresh rows, so more of them cannot be asked for
  if (split == "train") return "leave it out of compare.splits";
  return split == "test" ? "give the data test rows (\"test_fraction\")" : "set \"validation_fraction\" in \"data\"";
}

Index count_of(const std::string& field) {
  Index count = 0;
  std::from_chars(field.data(), field.data() + field.size(), count);
  return count;
}

std::string listed(const std::set<Index>& sizes) {
  std::string list;
  for (auto size = sizes.begin(); size != sizes.end(); ++size) {
    if (size != sizes.begin()) list += std::next(size) == sizes.end() ? " and " : ", ";
    list += std::to_string(*size);
  }
  return list;
}

}  // namespace

void EmptyComparisons::add(const tables::RunRecord& record, const compare::CompareOptions& compare) {
  const std::size_t split = tables::own_place(tables::TableId::kCompare, "split");
  const std::size_t size = tables::own_place(tables::TableId::kCompare, "eval_batch_size");
  const std::size_t samples = tables::own_place(tables::TableId::kCompare, "samples");
  std::set<std::string> compared;
  for (const std::vector<std::string>& fields : compared_lines(record)) {
    compared.insert(fields[split]);
    const Index rows = count_of(fields[samples]);
    const Index asked = count_of(fields[size]);
    if (asked > rows) too_large_[{fields[split], rows}].insert(asked);
  }
  if (compare.pairs.empty() || compare.eval_batch_sizes.empty()) return;
  for (const std::string& asked : compare.splits) {
    if (!compared.contains(asked)) without_rows_.insert(asked);
  }
}

std::vector<std::string> EmptyComparisons::warnings() const {
  std::vector<std::string> lines;
  for (const std::string& split : without_rows_) {
    lines.push_back("nothing is compared on the " + split + " split: it has no rows; " + more_rows(split) +
                    (split == "train" ? "" : ", or compare other compare.splits"));
  }
  for (const auto& [split, sizes] : too_large_) {
    lines.push_back("batches of " + listed(sizes) + " are the whole " + split.first + " split: it has " + std::to_string(split.second) +
                    " rows; choose smaller compare.eval_batch_sizes, or give it more rows");
  }
  return lines;
}

}  // namespace normrun::report
