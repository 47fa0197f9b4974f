#include "report/results/empty_comparisons.hpp"

#include <charconv>

#include "tables/run_rows.hpp"

namespace normrun::report {
namespace {

std::string more_rows(const std::string& split) {
  // Only data with `resample` have no training rows, since every step draws fresh ones; no option gives them any.
  if (split == "train") return "leave \"train\" out of compare.splits";
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
  std::set<std::string> compared;
  const tables::RunRows run(record, tables::TableId::kCompare);
  for (const tables::RunRows::Row& row : run.rows()) {
    const std::string& split = run.text(row, "split");
    compared.insert(split);
    const Index rows = count_of(run.text(row, "samples"));
    const Index asked = count_of(run.text(row, "eval_batch_size"));
    if (asked > rows) too_large_[{split, rows}].insert(asked);
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
                    (split == "train" ? "" : ", or choose other compare.splits"));
  }
  for (const auto& [split, sizes] : too_large_) {
    lines.push_back("batches of " + listed(sizes) + " are the whole " + split.first + " split: it has " + std::to_string(split.second) +
                    " rows; choose smaller compare.eval_batch_sizes, or give the split more rows");
  }
  return lines;
}

}  // namespace normrun::report
