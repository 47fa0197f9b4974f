#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/options/options.hpp"
#include "core/mode.hpp"
#include "data/batch_sizes.hpp"
#include "nn/network.hpp"
#include "nn/weights.hpp"
#include "train/average_weights.hpp"
#include "train/batch_gradient.hpp"
#include "train/clients.hpp"
#include "train/clip.hpp"
#include "train/monitor.hpp"
#include "train/optimizer.hpp"
#include "train/phases.hpp"
#include "train/schedule.hpp"

namespace normrun::train {

/// The loss; kAuto lets resolve_loss choose.
enum class LossChoice { kAuto, kMse, kMae, kHuber, kSoftmaxCrossEntropy, kBinaryCrossEntropy };
/// The factor of the learning rate: 1, batch_size / reference_batch_size, or the square root of that ratio.
enum class LearningRateScaling { kNone, kLinear, kSquareRoot };
/// Which trained networks are stored.
enum class CheckpointPolicy { kAll, kNone };

/// The config's "train".
struct TrainOptions : config::Described {
  Index batch_size = 32;           // the most rows of a step, of which train mode is compared
  std::vector<Index> batch_sizes;  // the rows of an epoch's steps in turn, if batch_size is a list; else empty
  std::optional<Index> epochs;
  std::optional<Index> steps;  // epochs and steps exclude each other; without both, the training is 1 epoch
  LossChoice loss = LossChoice::kAuto;
  double label_smoothing = 0.0;
  std::vector<double> class_weight;              // for each class, used in training only; empty: every class weighs 1
  std::shared_ptr<config::Described> optimizer;  // an OptimizerSpec; the default is adam
  std::shared_ptr<config::Described> schedule;   // a ScheduleSpec; null: the learning rate stays as it is
  ClipOptions clip;
  EarlyStoppingOptions early_stopping;
  std::shared_ptr<config::Described> average_weights;  // an AverageSpec; null: the network keeps the weights of the last step
  std::vector<PhaseOptions> phases;
  ForwardMode forward_mode = ForwardMode::kTrain;
  Division division;
  ClientOptions clients;
  LearningRateScaling learning_rate_scaling = LearningRateScaling::kNone;
  Index reference_batch_size = 128;                      // at this batch size, learning_rate_scaling leaves the learning rate as it is
  std::vector<std::string> history = {"train", "eval"};  // modes in which the held-out splits are evaluated each epoch
  std::string init_from;                                 // a safetensors file; "": the network starts fresh
  bool strict = true;                                    // whether every tensor of init_from and of the network must have a counterpart
  nn::WeightsLayout layout = nn::WeightsLayout::kAuto;   // the framework whose names and orders of axes init_from has
  std::string init_map = "{}";                           // a JSON object from our names of tensors or layers to the file's
  std::string batch_order;                               // an NPY file of int64, (epochs, samples); "": data.batching decides
  CheckpointPolicy checkpoints = CheckpointPolicy::kAll;
  Index checkpoint_every = 0;  // how many steps lie between two checkpoints; 0: the only checkpoint is the one that a signal causes

  TrainOptions();
  /// Returns how many rows the steps read.
  data::BatchSizes sizes() const { return batch_sizes.empty() ? data::BatchSizes(batch_size) : data::BatchSizes(batch_sizes); }
  void describe(config::OptionVisitor& visitor) override;
  /// Returns the optimizer, which must not be null.
  const OptimizerSpec& optimizer_spec() const { return static_cast<const OptimizerSpec&>(*optimizer); }
  const ScheduleSpec* schedule_spec() const { return static_cast<const ScheduleSpec*>(schedule.get()); }
  const AverageSpec* average_spec() const { return static_cast<const AverageSpec*>(average_weights.get()); }
  /// Returns the learning rate times the factor that learning_rate_scaling asks for.
  double scaled_learning_rate() const;
};

/// Throws Error(kUsage) if a batch cannot be divided into equal parts.  Only a smaller last batch may have uneven parts.
void check_division(const TrainOptions& options);

/// Throws Error(kUsage) if a score that the options follow needs rows or classes that the data lack.
void check_monitors(const TrainOptions& options, Index validation_rows, Index test_rows, Index classes);

/// Returns the shape of the outputs that one label is about: the whole `output` if an example has one label (labels has rank 0).  If each
/// position has one, `labels` is their shape, and `output` has the same shape with or without an axis of outputs behind it.  Throws
/// Error(kUsage) for another output (loss_choice.cpp).
Shape outputs_of_label(const Shape& output, const Shape& labels);
/// Resolves kAuto: mean squared error if the targets are numbers (classes == 0), binary cross-entropy for two classes and one output,
/// softmax cross-entropy otherwise.  Returns any other choice unchanged (loss_choice.cpp).
nn::LossKind resolve_loss(LossChoice choice, Index classes, Index outputs);
/// Throws Error(kUsage) if the loss has no use for label_smoothing or class_weight, or if class_weight does not fit the number of classes.
void check_target_options(const TrainOptions& options, nn::LossKind loss, Index classes);
/// Throws Error(kUsage), with what to change, if a network with these outputs of a label cannot learn the data by `loss`. classes == 0
/// means regression. outputs == 0 means that all targets are zeros, however many outputs the network has.  Mean squared error takes a class
/// as 1 at its output and 0 at the others; a single output takes one of two classes as the number 0 or 1.
void check_loss_fits(nn::LossKind loss, const Shape& output, Index classes, Index outputs);
/// Throws Error(kUsage) if a cross-entropy, which is computed from logits, would take probabilities for logits.  That happens if a softmax
/// or sigmoid is not the last layer, or belongs to the other cross-entropy.  Also throws Error(kUsage) if a last softmax has only one class
/// to choose from, or works at positions that have no labels of their own.  `labels` is as in outputs_of_label.
template <class T>
void check_last_layers(nn::LossKind loss, const nn::Network<T>& network, const Shape& labels);

}  // namespace normrun::train
