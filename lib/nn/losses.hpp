#pragma once

#include <span>

#include "core/matrix.hpp"
#include "nn/network.hpp"

namespace normrun::nn {

/// The targets of some examples: class labels (classification) or numbers (regression), the other one empty.
template <class T>
struct Targets {
  const std::int32_t* labels = nullptr;  // (examples), in [0, classes)
  ConstView<T> values = {};              // (examples, outputs)
  const T* weights = nullptr;            // (examples), each >= 0; null: every example weighs 1
  // What the cross-entropies take from a target of 0 or 1 and spread over all classes (label smoothing).
  double smoothing = 0.0;

  /// Returns the targets of `count` examples from `first` on.
  Targets slice(Index first, Index count) const {
    return {.labels = labels != nullptr ? labels + first : nullptr,
            .values = labels != nullptr ? ConstView<T>() : values.slice(first, count),
            .weights = weights != nullptr ? weights + first : nullptr,
            .smoothing = smoothing};
  }
};

/// Mean over the batch, from logits, with the gradient with respect to them.
///   mse:      mean over examples and outputs of (y - t)^2             (Keras MeanSquaredError)
///   mae:      mean over examples and outputs of |y - t|               (Keras MeanAbsoluteError, torch L1Loss)
///   huber:    the same of e^2 / 2 where |e| <= 1, else |e| - 1/2       (Keras Huber, torch HuberLoss, both with delta 1)
///   softmax:  mean of log(sum exp z) - z[label]                       (Keras SparseCategoricalCrossentropy, from_logits)
///   binary:   mean over examples and outputs of softplus(z) - t z     (Keras BinaryCrossentropy, from_logits); labels 0/1 or values
/// With smoothing s, the softmax's target is 1 - s + s / classes at the label and s / classes elsewhere, and the binary one is
/// (1 - s) t + s / 2 (Keras and torch label_smoothing).
/// Where examples have weights, the mean is the sum of weight * loss divided by the number of examples (Keras's sample_weight).
/// dlogits may be empty: the loss alone.  The sum over the batch is taken in double.  Cross-entropies add row by
/// row.  Absolute and Huber's errors add number by number.  Squared errors add blocks of 256 numbers, each by the lanes and the tree of a
/// sum over columns (kernels.hpp).
template <class T>
double loss_and_gradient(LossKind kind, ConstView<T> logits, const Targets<T>& targets, View<T> dlogits);

/// Rows whose prediction is the label.
template <class T>
Index count_correct(LossKind loss, ConstView<T> logits, const std::int32_t* labels);
/// The class that a row of logits predicts: arg max (first of equals).  One output tells two classes apart: it is 1 where binary
/// cross-entropy's logit is above 0 or the number that mean squared error draws to 0 or 1 is above 1/2; of softmax's it is the only class.
template <class T>
std::int32_t predicted_class(LossKind loss, const T* logits, Index outputs);

}  // namespace normrun::nn
