#pragma once

#include "core/matrix.hpp"

namespace normrun::nn {

/// How the batches' statistics are averaged into the moving ones.  `momentum` weighs the old value throughout.
enum class Average {
  kExponential,    // momentum (Keras, PyTorch, flax)
  kCumulative,     // 1 - 1 / t at update t: the plain mean of all batches (PyTorch momentum=None)
  kBiasCorrected,  // as an exponential average that started at 0, after its division by 1 - momentum^t (Kingma and Ba 2015, section 3)
};

/// What of a batch's variance goes into the moving variance.
enum class MovingVariance {
  kBiased,         // / rows (Keras, flax)
  kUnbiased,       // / (rows - 1) (PyTorch)
  kFromDeviation,  // the average is one of sqrt(variance + epsilon) (batch renormalization)
};

/// Whether the padded steps of sequences count in a batch's statistics.
enum class PaddedSteps { kLeftOut, kCounted };

/// The weight of the old value in update number `update` (from 1).
double momentum_of_update(Average average, double momentum, double update);

/// Share of the statistics after `from` updates that is left in those after `to`: the product of the momenta between.  With `from` 0,
/// the share of the initial values.
double share_left(Average average, double momentum, Index from, Index to);

}  // namespace normrun::nn
