#pragma once

#include <set>
#include <string>

#include "golden/values.hpp"

namespace normrun::golden {

/// Counts and prints what agrees and what does not.
class Report {
 public:
  /// A case passes where every expected array is computed and |difference| <= 1e-9 |expected| + 1e-12 for each number.
  void compare(const std::string& what, const Named& expected, const Computed& computed);
  void fail(const std::string& what, const std::string& why);
  void not_covered(const std::string& what, const std::string& op);

  int passed() const { return passed_; }
  int failed() const { return failed_; }
  const std::set<std::string>& operations_not_covered() const { return operations_not_covered_; }
  /// "golden: N passed, M failed, K not covered", and before it the operations that are not covered.
  void print_summary() const;

 private:
  int passed_ = 0;
  int failed_ = 0;
  int not_covered_ = 0;
  std::set<std::string> operations_not_covered_;
};

}  // namespace normrun::golden
