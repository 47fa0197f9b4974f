#pragma once

#include "diagnosis/subject.hpp"
#include "statistics/mixing.hpp"

namespace normrun::diagnosis {

/// Scores eval mode with the statistics of `base` mixed with those of each batch of judged rows, one layer after another.  This needs no
/// labels, so a user can do it when predicting.
template <class T>
RowScores adapted_score(const Subject<T>& subject, const JudgedRows<T>& judged, const StatisticsList& base, Index batch_size,
                        const statistics::Mixing& mixing);

}  // namespace normrun::diagnosis
