#pragma once

#include <span>

#include "core/matrix.hpp"
#include "nn/network.hpp"

namespace normrun::nn {

/// The targets of some examples: class labels (classification) or numbers (regression).  The other one of labels and values is empty.
template <class T>
struct Targets {
  const std::int32_t* labels = nullptr;  // (examples), in [0, classes)
  ConstView<T> values = {};              // (examples, outputs)
  const T* weights = nullptr;            // (examples), each >= 0; null: every example weighs 1
  // Label smoothing: the cross-entropies take this share from a target of 0 or 1, and spread it evenly over all classes.
  double smoothing = 0.0;

  /// Returns the targets of `count` examples from `first` on.
  Targets slice(Index first, Index count) const {
    return {.labels = labels != nullptr ? labels + first : nullptr,
            .values = labels != nullptr ? ConstView<T>() : values.slice(first, count),
            .weights = weights != nullptr ? weights + first : nullptr,
            .smoothing = smoothing};
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
/// The sum over the batch is taken in double.  softmax and binary add row by row, mae and huber number by number.  mse adds blocks of 256
/// numbers, and each block by the lanes and the tree of a sum over columns (kernels.hpp).
template <class T>
double loss_and_gradient(LossKind kind, ConstView<T> logits, const Targets<T>& targets, View<T> dlogits);

/// How many rows predict their label.
template <class T>
Index count_correct(LossKind loss, ConstView<T> logits, const std::int32_t* labels);
/// The class that a row of logits predicts: the largest output, or of several largest ones the first.  A single output tells two classes
/// apart.  It predicts class 1 if the logit of the binary cross-entropy is above 0, or if the number of mse, mae or huber is above 1/2.
/// With softmax, a single output predicts its only class.
template <class T>
std::int32_t predicted_class(LossKind loss, const T* logits, Index outputs);

}  // namespace normrun::nn
