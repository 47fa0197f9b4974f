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
  std::string setting;                                // the setting that the numbers come from: the one that the cause harms most
  std::string finding;                                // what is wrong, and the numbers that show it
  std::string remedy;                                 // what to change; "" if nothing needs a change
  std::string measured;                               // the scores with the remedy; "" if nothing measured them
  std::string layer;                                  // the layer that the cause harms most; "" for all layers
  std::string channels;                               // the most harmed channels, the worst first; "" if the harm is spread over many
  std::optional<std::pair<double, double>> interval;  // the 95 % interval of the harm, in accuracy or loss
  std::vector<std::string> tried;                     // the remedies that did not help, with their scores
};

/// The facts of an experiment that decide how the advice is worded.
struct AdviceContext {
  std::string split = "test";
  bool weighs_new = false;   // norm.momentum is the weight of the new value, as in PyTorch
  bool torch_names = false;  // the advice calls the statistics by PyTorch's names
  bool is_classifier = true;
  bool is_softmax = true;  // the unit of the loss is nats
  Index accumulate = 1;
  Index replicas = 1;
  Index clients = 1;
  Index ghost_batch_size = 0;  // 0: no ghost batches
  double margin = 0.01;        // the smallest difference in score that counts
  bool others_train = true;    // all swept keys besides norm, batch size and seed change the training
  LayerNames layers = {};
};

/// Returns one advice for each cause, at the setting that it harms most; the most harmful cause comes first.  Advice on settings that need
/// no repair follows.  The advice says only what was measured, and recommends no remedy that measured worse than eval mode.
std::vector<Advice> advise(const std::vector<SettingDiagnosis>& diagnoses, const AdviceContext& context);
/// Returns only the advice on causes of harm.
std::vector<Advice> advise_of_harm(const std::vector<SettingDiagnosis>& diagnoses, const AdviceContext& context);
/// Whether a finding says that something harms eval mode or the training itself.
bool is_alarm(const ToldFinding& finding);
/// Reads the tables of a results folder.  The advice is about the split that the report describes.  For settings without harm on that
/// split, it is also about the training rows.
std::vector<Advice> advise(const ResultsFolder& results);

/// Returns the advice as lines of at most 80 columns, for a terminal.
std::string advice_text(const std::vector<Advice>& advice);
/// Returns the advice as a JSON array of objects.
std::string advice_json(const std::vector<Advice>& advice);

}  // namespace normrun::report
