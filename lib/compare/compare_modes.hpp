#pragma once

#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "compare/snapshot.hpp"
#include "tables/record.hpp"

namespace normrun::compare {

/// A running comparison adds lines to compare.csv, layers.csv and channels.csv only.  The comparison of the final state adds lines to
/// classes.csv, scores.csv and outputs.csv too.
enum class Moment { kRunning, kFinal };

/// Compares the modes of a network: adds a line to compare.csv for every split, pair of modes and evaluation batch size, and lines to the
/// other tables.  Every row of the split counts once in every line (EvaluationSet).  Works on copies: the trained numbers stay as they are,
/// bit for bit.  A mode whose outputs or loss are not finite has empty cells.  Returns, for the final state, the first split on which eval
/// mode is not finite.
template <class T>
std::optional<data::SplitName> compare_modes(const Snapshot<T>& snapshot, Moment moment, tables::RunRecord& record);

/// Loss and accuracy (NaN for regression) over every row of a split; the sums run in the split's order, so that modes which do not depend
/// on the batch score the same bits whatever the batches.  Both are NaN if an output or the loss is not finite, or if the split has no rows
/// (samples == 0).
struct SplitScore {
  double loss = std::numeric_limits<double>::quiet_NaN();
  double accuracy = std::numeric_limits<double>::quiet_NaN();
  Index samples = 0;
};
template <class T>
SplitScore score_split(const Snapshot<T>& snapshot, data::SplitName split, std::string_view mode, Index batch_size);

/// The scores of train mode, in batches of the run's own size, and of eval mode.  Until a split is scored, they are NaN and have 0 samples.
struct TrainEvalScores {
  SplitScore train = {};
  SplitScore eval = {};
  double relative_gap = std::numeric_limits<double>::quiet_NaN();  // as in compare.csv; NaN if it does not apply
};
/// Scores a split, which must have rows, in both modes.
template <class T>
TrainEvalScores score_train_and_eval(const Snapshot<T>& snapshot, data::SplitName split);
/// Returns the cells of runs.csv that hold the scores of the test split.
std::vector<tables::NamedCell> test_score_cells(const TrainEvalScores& test);

}  // namespace normrun::compare
