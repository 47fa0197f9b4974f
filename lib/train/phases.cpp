#include "train/phases.hpp"

#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "train/train_options.hpp"

namespace normrun::train {
namespace {

constexpr Index kMostEpochs = Index{1} << 31;

const std::vector<std::pair<std::string_view, ForwardMode>>& forward_modes() {
  static const std::vector<std::pair<std::string_view, ForwardMode>> kModes = {{"train", ForwardMode::kTrain},
                                                                               {"eval", ForwardMode::kEval},
                                                                               {"frozen-statistics", ForwardMode::kFrozenStatistics},
                                                                               {"moving-averages", ForwardMode::kMovingAverages},
                                                                               {"frozen-norms", ForwardMode::kFrozenNorms}};
  return kModes;
}

/// Returns the choices of a phase's option: the words of `choices`, and the default "as-before".
template <class E>
std::vector<std::pair<std::string_view, std::optional<E>>> or_as_before(const std::vector<std::pair<std::string_view, E>>& choices) {
  std::vector<std::pair<std::string_view, std::optional<E>>> all = {{"as-before", std::nullopt}};
  all.insert(all.end(), choices.begin(), choices.end());
  return all;
}

}  // namespace

Mode step_mode(ForwardMode forward_mode) {
  switch (forward_mode) {
    case ForwardMode::kTrain:
      return kTrainMode;
    case ForwardMode::kEval:
      return kEvalMode;
    case ForwardMode::kFrozenStatistics:
      return {Statistics::kBatch, Tracking::kFreeze, Dropout::kOn};
    case ForwardMode::kMovingAverages:
      return {Statistics::kMoving, Tracking::kUpdate, Dropout::kOn};
    case ForwardMode::kFrozenNorms:
      return {Statistics::kMoving, Tracking::kFreeze, Dropout::kOn};
  }
  return kTrainMode;
}

void describe_forward_mode(config::OptionVisitor& visitor, ForwardMode& forward_mode) {
  visitor.choice({"forward_mode",
                  "what a step's forward pass does.  train: what is usual; eval: as if the training flag were forgotten, the moving "
                  "statistics normalize and stay as they are; frozen-statistics: the batch's statistics normalize, the moving ones stay; "
                  "moving-averages: the moving statistics normalize and follow; frozen-norms: the moving statistics normalize and stay, "
                  "while dropout is on and gamma and beta train (PyTorch with its norms in eval())"},
                 forward_mode, forward_modes());
}

void PhaseOptions::describe(config::OptionVisitor& visitor) {
  visitor.integer({"from_epoch", "the phase begins after so many epochs"}, from_epoch, {0, kMostEpochs});
  visitor.integer({"from_step", "the phase begins after so many steps, instead of epochs"}, from_step, {.low = 0});
  visitor.require(!(from_epoch && from_step), "from_step", "either from_epoch or from_step, not both");
  visitor.require(from_epoch || from_step, "", "from_epoch or from_step");
  visitor.texts(
      {"freeze",
       "what is frozen from now on, as \"trainable\": false freezes it: names of layers or blocks, types of layers, \"norms\", \"all\"; "
       "an empty list frees all again.  An optimizer does not move what is frozen, whatever momentum it has"},
      freeze);
  visitor.number({"momentum", "the momentum of every moving average from now on, as the weight of the old value"}, momentum,
                 config::between(0.0, 1.0));
  visitor.number(
      {"learning_rate", "the learning rate from now on, or the one that a schedule starts from; learning_rate_scaling does not change it"},
      learning_rate, config::at_least(0.0));
  visitor.choice({"forward_mode", "what a step's forward pass does from now on; the words are those of train.forward_mode"}, forward_mode,
                 or_as_before(forward_modes()));
  visitor.choice(
      {"update",
       "what a step changes from now on; statistics: only the moving statistics, by forward passes over rows that need no labels"},
      update, or_as_before<StepUpdate>({{"all", StepUpdate::kAll}, {"statistics", StepUpdate::kStatistics}}));
  visitor.choice({"rows", "the split whose rows the steps read from now on; rows of other splits than train may only move statistics"},
                 rows,
                 or_as_before<data::SplitName>(
                     {{"train", data::SplitName::kTrain}, {"validation", data::SplitName::kValidation}, {"test", data::SplitName::kTest}}));
}

std::vector<Phase> phases_of(const TrainOptions& options, Index steps_per_epoch) {
  std::vector<Phase> phases = {{.learning_rate = options.scaled_learning_rate(), .forward_mode = options.forward_mode}};
  phases.reserve(options.phases.size() + 1);
  for (const PhaseOptions& own : options.phases) {
    Phase phase = phases.back();
    phase.first_step = own.from_step ? *own.from_step : own.from_epoch.value_or(0) * steps_per_epoch;
    if (phase.first_step < phases.back().first_step)
      refuse_usage("train.phases", "a phase begins before the phase that is listed before it",
                   "list the phases in the order of their steps");
    if (own.freeze) phase.change.frozen = *own.freeze;
    if (own.momentum) phase.change.momentum = own.momentum;
    phase.sets_learning_rate = own.learning_rate.has_value();
    phase.learning_rate = own.learning_rate.value_or(phase.learning_rate);
    phase.forward_mode = own.forward_mode.value_or(phase.forward_mode);
    phase.update = own.update.value_or(phase.update);
    phase.rows = own.rows.value_or(phase.rows);
    if (phase.rows != data::SplitName::kTrain && phase.update == StepUpdate::kAll)
      refuse_usage("train.phases", "a phase trains on the " + std::string(data::split_text(phase.rows)) + " rows",
                   R"(add "update": "statistics", or leave "rows" out)");
    phases.push_back(std::move(phase));
  }
  return phases;
}

}  // namespace normrun::train
