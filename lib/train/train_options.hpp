#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/options/options.hpp"
#include "core/mode.hpp"
#include "nn/network.hpp"
#include "nn/weights.hpp"
#include "train/batch_gradient.hpp"
#include "train/optimizer.hpp"

namespace normrun::train {

/// What a training step's forward pass does; all but kTrain are pitfalls that a config commits on purpose.
enum class ForwardMode {
  kTrain,             // batch statistics normalize, moving statistics follow, dropout on
  kEval,              // the forgotten flag: moving statistics normalize and stay, dropout off (Keras's default call)
  kFrozenStatistics,  // batch statistics normalize, moving statistics stay
  kMovingAverages,    // moving statistics normalize and follow (how document 003 reads batch normalization)
};
Mode step_mode(ForwardMode forward_mode);

enum class LossChoice { kAuto, kMse, kSoftmaxCrossEntropy, kBinaryCrossEntropy };
enum class LearningRateScaling { kNone, kLinear, kSquareRoot };
enum class CheckpointPolicy { kAll, kNone };

/// The config's "train".
struct TrainOptions : config::Described {
  Index batch_size = 32;
  std::optional<Index> epochs;
  std::optional<Index> steps;  // at most one of the two; neither: 1 epoch
  LossChoice loss = LossChoice::kAuto;
  std::shared_ptr<config::Described> optimizer;  // an OptimizerSpec; default adam
  ForwardMode forward_mode = ForwardMode::kTrain;
  Division division;
  LearningRateScaling learning_rate_scaling = LearningRateScaling::kNone;
  Index reference_batch_size = 128;                      // learning rate * batch/reference, or its square root
  std::vector<std::string> history = {"train", "eval"};  // modes in which the held-out splits are evaluated each epoch
  std::string init_from;                                 // safetensors; "" : fresh
  bool strict = true;                                    // whether init_from has to fit as a whole
  nn::WeightsLayout layout = nn::WeightsLayout::kAuto;   // of init_from
  std::string init_map = "{}";                           // JSON: our tensors, or layers, to the file's
  std::string batch_order;                               // NPY int64 (epochs, samples)
  CheckpointPolicy checkpoints = CheckpointPolicy::kAll;
  Index checkpoint_every = 0;  // steps; 0: only where a signal ends the program

  TrainOptions();
  void describe(config::OptionVisitor& visitor) override;
  const OptimizerSpec& optimizer_spec() const { return static_cast<const OptimizerSpec&>(*optimizer); }
  double scaled_learning_rate() const;
};

/// Throws Error(kUsage) where the batch size cannot be divided into equal parts; only a smaller last batch may be uneven.
void check_division(const TrainOptions& options);

/// kAuto: mean squared error for numbers (classes == 0), binary cross-entropy for two classes by one output,
/// else softmax cross-entropy.
nn::LossKind resolve_loss(LossChoice choice, Index classes, Index outputs);
/// Throws Error(kUsage) where a network of these outputs cannot learn data of `classes` classes (0: regression) or
/// `outputs` target numbers (0: zeros of any width) by `loss`, with what to change.  Mean squared error takes a class as 1 at its
/// output and 0 elsewhere, or one of two classes as the number 0 or 1.
void check_loss_fits(nn::LossKind loss, const Shape& output, Index classes, Index outputs);
/// Throws Error(kUsage) where a cross-entropy, which is computed from logits, would take probabilities for them: behind a softmax or
/// sigmoid that is not the last layer, or is that of the other loss; and where a last softmax has nothing to choose between.
template <class T>
void check_last_layers(nn::LossKind loss, const nn::Network<T>& network);

}  // namespace normrun::train
