#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "study/experiment.hpp"
#include "tables/record.hpp"

namespace normrun::report {

/// Collects the comparisons that the config asks for but that cannot be made in this way.  A split without rows has no lines in
/// compare.csv.  If a split has fewer rows than an evaluation batch, the batch is the whole split.
class EmptyComparisons {
 public:
  void add(const tables::RunRecord& record, const compare::CompareOptions& compare);
  /// Returns one line for each such split, which says what is missing and what to do about it.
  std::vector<std::string> warnings() const;

 private:
  std::set<std::string> without_rows_;
  /// For each split and its number of rows: the evaluation batch sizes that exceed it.
  std::map<std::pair<std::string, Index>, std::set<Index>> too_large_;
};

}  // namespace normrun::report
