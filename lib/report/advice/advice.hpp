#pragma once

#include <string>
#include <vector>

#include "report/advice/advice_facts.hpp"

namespace normrun::report {

/// One thing that the numbers say about train mode and eval mode, in plain words.
struct Advice {
  std::string cause;     // of the gap budget; convention, lost, none (nothing to repair), unexplained, unmeasured
  std::string setting;   // whose numbers these are: where it weighs most
  std::string finding;   // what is wrong, with the numbers it rests on
  std::string remedy;    // what to change; "" for nothing
  std::string measured;  // what the remedy does, where the experiment has it; else ""
};

/// What the mode that `batching` says means for the comparison's own batches.
struct AdviceContext {
  std::string split = "test";
  compare::CompareBatching batching = compare::CompareBatching::kRandom;
  std::string population_split = "train";
};

/// Each cause once, at the setting where it weighs most, the weightiest first; then what needs no repair.  Nothing is said
/// that was not measured.
std::vector<Advice> advise(const std::vector<SettingFacts>& facts, const AdviceContext& context);
std::vector<Advice> advise(const ResultsFolder& results);

/// For a terminal of 80 columns.
std::string advice_text(const std::vector<Advice>& advice);
/// An array of objects.
std::string advice_json(const std::vector<Advice>& advice);

}  // namespace normrun::report
