#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "study/experiment.hpp"
#include "tables/record.hpp"

namespace normrun::report {

/// What was to be compared and was not, or not as asked: a split without rows has no lines in compare.csv, and where a split has fewer
/// rows than one evaluation batch the batch is the whole split.
class EmptyComparisons {
 public:
  void add(const tables::RunRecord& record, const compare::CompareOptions& compare);
  /// A line for each such split: what is missing; what to do.
  std::vector<std::string> warnings() const;

 private:
  std::set<std::string> without_rows_;
  /// The evaluation batch sizes that exceed the rows of a split.
  std::map<std::pair<std::string, Index>, std::set<Index>> too_large_;
};

}  // namespace normrun::report
