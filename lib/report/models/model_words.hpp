#pragma once

#include <string>

#include "study/diagnose_model.hpp"

namespace normrun::report {

/// How sure a cause is, once a test has shown that something is wrong.
enum class Certainty {
  kSure,         // the numbers of the file show it
  kLikely,       // it reproduces the stored statistics, or an intervention shows it
  kByExclusion,  // several mistakes leave such statistics, and no other fits
  kNone,         // the cause cannot be told
};
Certainty certainty_of(const diagnosis::Finding& finding, const study::ModelDiagnosis& diagnosis);
std::string certainty_text(Certainty certainty);

/// Returns the word for causes that look alike in a file, such as "stale" for statistics of other weights, however they came about.
std::string group_of(diagnosis::Cause cause);
/// Says in a sentence what a cause is, for people who trained the model in another framework.
std::string model_cause_words(const diagnosis::Finding& finding, const study::ModelDiagnosis& diagnosis);
/// Says what to change in the next training; "" if nothing.
std::string next_training_words(diagnosis::Cause cause);

/// Returns the rows of a role as people call them: "test rows", "training rows".
std::string role_words(data::SplitName split);
/// Says how much a finding costs, with its interval.
std::string cost_words(const diagnosis::Finding& finding, const study::JudgedRole& role);

}  // namespace normrun::report
