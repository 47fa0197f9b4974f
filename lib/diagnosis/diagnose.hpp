#pragma once

#include <string>
#include <vector>

#include "diagnosis/repair_stages.hpp"

namespace normrun::diagnosis {

/// One statement that holds for a trained network on some rows.
struct Finding {
  std::string finding;  // one of the words that docs/diagnosis.md explains, such as "statistics-wrong"
  Cause cause = Cause::kNone;
  std::string layer;  // where the cause does its harm; "input" for the data's columns, "rows" for training rows, "" for everywhere
  // Numbers of channels separated by blanks, the worst first ("3 17"); for "input" names of columns separated by "; ".
  std::string channels;
  double effect = 0.0;  // the harm, measured in `metric`: what the network would gain without the cause
  double low = 0.0;     // the lower end of the effect's 95 % interval
  double high = 0.0;
  double p = 1.0;      // p value of the hypothesis that the effect is not beyond the margin
  std::string metric;  // "accuracy" or "loss"
  Index samples = 0;   // the number of judged rows
};

/// A remedy that was tried, and what it changed on the judged rows.
struct TriedRemedy {
  std::string remedy;
  Index samples = 0;
  double loss_before = 0.0;
  double loss_after = 0.0;
  double low = 0.0;  // the 95 % interval of loss_before - loss_after
  double high = 0.0;
  double accuracy_before = 0.0;  // NaN without labels
  double accuracy_after = 0.0;
  // "confirmed", "not-confirmed" or "worse"; "arm" if the prediction only serves the tests of the findings and is no remedy.
  std::string verdict;
};

struct Diagnosis {
  std::vector<Finding> findings;  // the weightiest first
  std::vector<TriedRemedy> remedies;
};

/// Judges a network on a split that has rows.  `stages` comes from repair_stages(); it is empty for a network without moving statistics.
template <class T>
Diagnosis diagnose(const Subject<T>& subject, data::SplitName split, const std::vector<RepairStage>& stages);

}  // namespace normrun::diagnosis
