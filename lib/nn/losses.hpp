#pragma once

#include <algorithm>
#include <span>

#include "core/label.hpp"
#include "core/matrix.hpp"
#include "nn/network.hpp"

namespace normrun::nn {

/// The targets of some examples: class labels (classification) or numbers (regression).  The other one of labels and values is empty.
/// An example has one label, or one for each of its positions: the steps of a sequence, the pixels of an image.  Its outputs are then
/// (positions, outputs of a position).
template <class T>
struct Targets {
  const std::int32_t* labels = nullptr;  // (examples, positions), in [0, classes); with several positions also kNoLabel
  ConstView<T> values = {};              // (examples, outputs)
  const T* weights = nullptr;            // (examples, positions), each >= 0; null: every label weighs 1
  Index positions = 1;                   // how many labels an example has; 1 for numbers
  // Label smoothing: the cross-entropies take this share from a target of 0 or 1, and spread it evenly over all classes.
  double smoothing = 0.0;

  /// Returns the targets of `count` examples from `first` on.
  Targets slice(Index first, Index count) const {
    return {.labels = labels != nullptr ? labels + first * positions : nullptr,
            .values = labels != nullptr ? ConstView<T>() : values.slice(first, count),
            .weights = weights != nullptr ? weights + first * positions : nullptr,
            .positions = positions,
            .smoothing = smoothing};
  }
  /// Returns how many targets the first `examples` examples have: one each, or their labels without those that are kNoLabel.
  Index counted(Index examples) const {
    return positions == 1 ? examples : examples * positions - std::count(labels, labels + examples * positions, kNoLabel);
  }
};

/// Returns the mean loss of a batch, and writes its gradient with respect to the logits into dlogits, unless that is empty.
///   mse:      mean over examples and outputs of (y - t)^2             (Keras MeanSquaredError)
///   mae:      mean over examples and outputs of |y - t|               (Keras MeanAbsoluteError, torch L1Loss)
///   huber:    mean over both of e^2 / 2 where |e| <= 1, else |e| - 1/2, with e = y - t  (Keras Huber, torch HuberLoss, both with delta 1)
///   softmax:  mean of log(sum exp z) - z[label]                       (Keras SparseCategoricalCrossentropy, from_logits)
///   binary:   mean over examples and outputs of softplus(z) - t z     (Keras BinaryCrossentropy, from_logits), t in [0, 1]
/// With smoothing s, the target of softmax is 1 - s + s / classes at the label and s / classes elsewhere; the target of binary is (1 - s) t
/// + s / 2 (Keras and torch label_smoothing).
/// If examples have weights, the mean is the sum of weight * loss divided by the number of examples (Keras's sample_weight).
/// If examples have labels for several positions, all positions of the batch that count are examples here (Keras's masked losses, torch's
/// ignore_index).  The others have a gradient of 0.  Without any that counts, the loss is 0.
/// The sum over the batch is taken in double.  softmax and binary add row by row, mae and huber number by number.  mse adds blocks of 256
/// numbers, and each block by the lanes and the tree of a sum over columns (kernels.hpp).
template <class T>
double loss_and_gradient(LossKind kind, ConstView<T> logits, const Targets<T>& targets, View<T> dlogits);

/// How many rows predict their label, or how many of their positions that count: labels is (rows, positions).
template <class T>
Index count_correct(LossKind loss, ConstView<T> logits, const std::int32_t* labels, Index positions = 1);
/// Views the outputs of examples as the outputs of their positions: (rows * positions, cols / positions).
template <class T>
ConstView<T> by_position(ConstView<T> outputs, Index positions) {
  return {outputs.data, outputs.rows * positions, outputs.cols / positions};
}
/// The class that a row of logits predicts: the largest output, or of several largest ones the first.  A single output tells two classes
/// apart.  It predicts class 1 if the logit of the binary cross-entropy is above 0, or if the number of mse, mae or huber is above 1/2.
/// With softmax, a single output predicts its only class.
template <class T>
std::int32_t predicted_class(LossKind loss, const T* logits, Index outputs);

}  // namespace normrun::nn
