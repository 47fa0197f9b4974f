#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "tables/record.hpp"

namespace normrun::report {

/// What was to be compared and could not be: a split without rows has no lines in compare.csv, and a split with fewer rows than
/// one evaluation batch has empty ones.
class EmptyComparisons {
 public:
  void add(const tables::RunRecord& record, const compare::CompareOptions& compare);
  /// A line for each such split: what is missing; what to do.
  std::vector<std::string> warnings() const;

 private:
  std::set<std::string> without_rows_;
  std::map<std::string, std::set<Index>> too_large_;  // the evaluation batch sizes of a split
};

}  // namespace normrun::report
