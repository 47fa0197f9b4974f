#pragma once

#include <string_view>

#include "compare/snapshot.hpp"
#include "tables/record.hpp"

namespace normrun::compare {

/// While training goes on only compare.csv, layers.csv and channels.csv get lines; the final state has classes.csv and
/// outputs.csv too.
enum class Moment { kRunning, kFinal };

/// Compares the modes of a network: for every split, pair and evaluation batch size a line of compare.csv, and so on for
/// the other tables.  Rows are read in one order per seed, in consecutive slices of the evaluation batch size, the
/// smaller remainder left out.  Works on copies: the trained numbers stay as they are, bit for bit.
template <class T>
void compare_modes(const Snapshot<T>& snapshot, Moment moment, tables::RunRecord& record);

/// Loss and accuracy (NaN for regression) of a split in one mode, rows in the comparison's order, remainder left out
/// where the mode depends on the batch.  samples == 0: no complete batch, loss and accuracy are NaN.
struct SplitScore {
  double loss;
  double accuracy;
  Index samples;
};
template <class T>
SplitScore score_split(const Snapshot<T>& snapshot, data::SplitName split, std::string_view mode, Index batch_size);

}  // namespace normrun::compare
