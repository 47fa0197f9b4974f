#pragma once

#include "core/matrix.hpp"

namespace normrun::nn {

/// How the statistics of batches move the moving statistics.  `momentum` always weighs the old value.
enum class Average {
  kExponential,    // the old value weighs momentum (Keras, PyTorch, flax)
  kCumulative,     // the old value weighs 1 - 1 / t at update t, which gives the plain mean of all batches (PyTorch momentum=None)
  kBiasCorrected,  // an exponential average that started at 0, divided by 1 - momentum^t (Kingma and Ba 2015, section 3)
};

/// Which variance of a batch moves the moving variance.
enum class MovingVariance {
  kBiased,         // divided by rows (Keras, flax)
  kUnbiased,       // divided by rows - 1 (PyTorch)
  kFromDeviation,  // sqrt(variance + epsilon) is averaged, and the variance follows from it (batch renormalization)
};

/// Which padded steps of sequences count in a batch's statistics.
enum class PaddedSteps {
  kLeftOut,    // none
  kCounted,    // all
  kToLongest,  // those up to the end of the longest sequence of the batch, as if each batch were padded by itself
};

/// From this number on, a count of updates is as good as unknown, because float32 counts no further.  A layer has this very count if the
/// weights file of another framework gives none.
inline constexpr double kUnknownUpdates = 16777216.0;

/// The weight of the old value in update number `update` (from 1).
double momentum_of_update(Average average, double momentum, double update);

/// The weight that the statistics after `from` updates have in the statistics after `to` updates: the product of the momenta between them.
/// With `from` 0, it is the weight of the initial values.
double share_left(Average average, double momentum, Index from, Index to);

}  // namespace normrun::nn
