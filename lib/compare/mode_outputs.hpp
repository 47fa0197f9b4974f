#pragma once

#include <optional>
#include <span>

#include "compare/compare_modes.hpp"
#include "compare/evaluation_set.hpp"
#include "compare/modes.hpp"

namespace normrun::compare {

/// The outputs of one mode for every row of a split, in the split's own order: (rows, outputs).  If every position has a label, those of
/// the positions that count: (positions, outputs of a position), as EvaluationSet::counted gives them.
template <class T>
struct ModeOutputs {
  Matrix<T> logits;
  std::optional<Matrix<T>> last;  // what is compared (compare.on), if it is not what the loss takes
  ConstView<T> outputs() const { return last ? last->view() : logits.view(); }
};

/// Runs every row of the set in one mode, in EvaluationBatches of `batch_size` if the mode depends on the batch.
template <class T>
ModeOutputs<T> run_mode(const Snapshot<T>& snapshot, const EvaluationSet<T>& set, const Mode& mode, std::span<const T> params,
                        std::span<const T> state, Index batch_size);

/// Runs every row of the set in eval mode, with the moving statistics mixed with those of each of the EvaluationBatches.
template <class T>
ModeOutputs<T> run_mixed(const Snapshot<T>& snapshot, const EvaluationSet<T>& set, const statistics::Mixing& mixing, Index batch_size);

}  // namespace normrun::compare
