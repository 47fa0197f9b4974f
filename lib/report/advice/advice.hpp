#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/advice/diagnosis_facts.hpp"
#include "report/results/layer_names.hpp"

namespace normrun::report {

/// One thing that the diagnoses say about eval mode, in plain words.
struct Advice {
  Cause cause = Cause::kNone;
  std::string setting;                                // whose numbers these are: where it weighs most
  std::string finding;                                // what is wrong, with the numbers it rests on
  std::string remedy;                                 // what to change; "" for nothing
  std::string measured;                               // what the remedy does, where it was measured; else ""
  std::string layer;                                  // where it does its harm; "" for everywhere
  std::string channels;                               // the worst first; "" where no few channels have most of it
  std::optional<std::pair<double, double>> interval;  // 95 %, of the harm, in accuracy or loss
  std::vector<std::string> tried;                     // what did not help, with its numbers
};

/// What the experiment says about its own words and rows.
struct AdviceContext {
  std::string split = "test";
  bool weighs_new = false;  // norm.momentum weighs the new value, as PyTorch's does
  bool torch_names = false;
  bool is_classifier = true;
  bool is_softmax = true;  // whose loss is told in nats
  Index accumulate = 1;
  Index replicas = 1;
  bool others_train = true;  // every swept key beside norm, batch size and seed is one of training
  LayerNames layers = {};
};

/// Each cause once, at the setting where it weighs most, the weightiest first; then what needs no repair.  Nothing is said that was not
/// measured, and nothing is advised that measured worse.
std::vector<Advice> advise(const std::vector<SettingDiagnosis>& diagnoses, const AdviceContext& context);
/// The causes of harm alone.
std::vector<Advice> advise_of_harm(const std::vector<SettingDiagnosis>& diagnoses, const AdviceContext& context);
/// Whether a finding is one of harm in eval mode or of a training that was harmed.
bool is_alarm(const ToldFinding& finding);
/// By the tables of a folder: of the split that the report describes, and of the training rows where that split shows no harm.
std::vector<Advice> advise(const ResultsFolder& results);

/// For a terminal of 80 columns.
std::string advice_text(const std::vector<Advice>& advice);
/// An array of objects.
std::string advice_json(const std::vector<Advice>& advice);

}  // namespace normrun::report
