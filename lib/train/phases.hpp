#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/options/options.hpp"
#include "core/mode.hpp"
#include "data/dataset.hpp"
#include "nn/network.hpp"

namespace normrun::train {

struct TrainOptions;

/// What the forward pass of a training step does.  All but kTrain are pitfalls or kinds of fine-tuning, which a config may ask for on
/// purpose.
enum class ForwardMode {
  kTrain,  // batch statistics normalize, the moving statistics follow, dropout is on
  kEval,   // as with a forgotten flag (Keras's call without training=True): the moving statistics normalize and stay, dropout is off
  kFrozenStatistics,  // batch statistics normalize, the moving statistics stay, dropout is on
  // The moving statistics normalize and follow, dropout is on.  This is how *How can TensorFlow's
  // `tf.keras.layers.BatchNormalization` utilize global moving averages during training?* reads batch normalization.
  kMovingAverages,
  kFrozenNorms,  // the moving statistics normalize and stay, gamma and beta train, dropout is on (PyTorch with its norms in eval())
};
Mode step_mode(ForwardMode forward_mode);
/// Describes the option "forward_mode".
void describe_forward_mode(config::OptionVisitor& visitor, ForwardMode& forward_mode);

/// What a step changes.
enum class StepUpdate {
  kAll,         // the parameters, and the moving statistics as the forward mode says
  kStatistics,  // the moving statistics alone: the rows need no labels
};

/// What a config changes at some moment of the training.  An option that it does not give stays as it was.
struct PhaseOptions : config::Described {
  std::optional<Index> from_epoch;
  std::optional<Index> from_step;
  std::optional<std::vector<std::string>> freeze;
  std::optional<double> momentum;
  std::optional<double> learning_rate;
  std::optional<ForwardMode> forward_mode;
  std::optional<StepUpdate> update;
  std::optional<data::SplitName> rows;

  void describe(config::OptionVisitor& visitor) override;
};

/// One phase, with everything that is in force during it.
struct Phase {
  Index first_step = 0;
  nn::NetworkChange change = {};
  double learning_rate = 0.0;
  bool sets_learning_rate = false;  // whether the phase begins with a learning rate of its own
  ForwardMode forward_mode = ForwardMode::kTrain;
  StepUpdate update = StepUpdate::kAll;
  data::SplitName rows = data::SplitName::kTrain;
};

/// Returns the phases of a training.  The first one begins with step 0.  Throws Error(kUsage) unless they are in the order of their steps.
std::vector<Phase> phases_of(const TrainOptions& options, Index steps_per_epoch);

}  // namespace normrun::train
