#pragma once

#include <span>

#include "data/dataset.hpp"
#include "nn/losses.hpp"
#include "statistics/run_forward.hpp"

namespace normrun {

/// How well some rows are predicted.
struct Evaluation {
  double loss = 0.0;      // mean over the rows that count; NaN of none
  double accuracy = 0.0;  // NaN for regression
  Index samples = 0;      // rows that count
};

/// From the logits of rows order[0 … logits.rows).  The sum runs over the rows in that order, so that the loss depends on
/// the logits and not on the slices in which they were computed.
template <class T>
Evaluation evaluate_logits(nn::LossKind loss, ConstView<T> logits, const data::Split<T>& split, std::span<const Index> order);

/// run_forward to the logits of `loss`, then evaluate_logits.
template <class T>
Evaluation evaluate(const nn::Network<T>& network, std::span<const T> params, std::span<const T> state, const Mode& mode,
                    const data::Split<T>& split, std::span<const Index> order, Index batch_size, nn::LossKind loss);

}  // namespace normrun
