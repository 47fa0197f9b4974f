#pragma once

#include <string>
#include <vector>

#include "diagnosis/repair_stages.hpp"

namespace normrun::diagnosis {

/// One thing that holds of a trained network on some rows, the weightiest first.
struct Finding {
  std::string finding;  // see finding_words()
  Cause cause = Cause::kNone;
  std::string layer;     // where it does its harm; "input" for the data's columns; "" for everywhere
  std::string channels;  // "3 17": the worst first, or the names of columns, separated by "; "
  double effect = 0.0;   // the harm in `metric`: what would be gained without the cause
  double low = 0.0;      // its 95 % interval
  double high = 0.0;
  double p = 1.0;      // of the hypothesis that it is not beyond the margin
  std::string metric;  // accuracy or loss
  Index samples = 0;   // judged rows
};

/// What was tried and what it did, on the same rows.
struct TriedRemedy {
  std::string remedy;
  Index samples = 0;
  double loss_before = 0.0;
  double loss_after = 0.0;
  double low = 0.0;  // 95 % interval of before - after
  double high = 0.0;
  double accuracy_before = 0.0;  // NaN without labels
  double accuracy_after = 0.0;
  std::string verdict;  // confirmed, not-confirmed, worse; arm: it belongs to the findings' tests and is no remedy
};

struct Diagnosis {
  std::vector<Finding> findings;
  std::vector<TriedRemedy> remedies;
};

/// Judges a network on a split that has rows.  `stages` of repair_stages(); empty for a network without moving statistics.
template <class T>
Diagnosis diagnose(const Subject<T>& subject, data::SplitName split, const std::vector<RepairStage>& stages);

}  // namespace normrun::diagnosis
