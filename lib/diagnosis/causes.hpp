#pragma once

#include <string>

#include "diagnosis/repair_stages.hpp"

namespace normrun::diagnosis {

/// A cause of wrong statistics, and what it does alone.
struct Blame {
  Cause cause = Cause::kNone;
  Gain harm;            // of sound statistics over those with this cause alone unrepaired
  StatisticsList only;  // the latter
};

/// What the causes are looked for with.
template <class T>
struct Evidence {
  const Subject<T>& subject;
  const JudgedRows<T>& judged;
  StatisticsList stored;
  StatisticsList sound;  // recomputed layer by layer on training rows
  RowScores sound_score;
  Gain whole;  // of the sound statistics over the stored ones
  // Whether padded steps count in the network's statistics and not in the sound ones, because these are the better without.
  bool leaves_padding_out = false;
};

/// Whether the rows are padded sequences and a normalization counts the padding.
template <class T>
bool counts_padding(const Subject<T>& subject);
/// The population's statistics without the padded steps, whatever the layers do.
template <class T>
StatisticsList masked_population(const Subject<T>& subject);

/// Why the stored statistics are wrong, the most harmful cause first; empty where nothing explains a fifth of the harm.  By the training's
/// own batches (`stages`) where the network was trained here, else by what the statistics are like.
template <class T>
std::vector<Blame> blame(const Evidence<T>& evidence, const std::vector<RepairStage>& stages);

/// The most values of one example that a channel of a normalization has: 1 in dense networks.
template <class T>
Index most_positions(const Subject<T>& subject);

/// The name of "variance within small parts" by the facts of the training.
template <class T>
Cause small_parts_cause(const Subject<T>& subject);

/// Whether the training moved the statistics at all: not where the network was loaded and trained for no step.
template <class T>
bool has_history(const Subject<T>& subject);

/// The name of a cause that the training's batches have, by facts of the config: the words that look alike in the numbers.
template <class T>
Cause named_by_facts(Cause stage, const Subject<T>& subject);

/// Of the last batch of an epoch that statistics are taken of: its rows; 0 where it is as large as the others.
template <class T>
Index rows_of_odd_batch(const Subject<T>& subject);

/// The rows of a batch whose mean statistics reproduce the stored ones, of 1, 2, 4, 8, 16, 32; 0 where none does.
template <class T>
Index matching_batch(const Subject<T>& subject, const StatisticsList& stored, const StatisticsList& sound);

/// Why statistics that were loaded are wrong.
template <class T>
std::vector<Blame> blame_loaded(const Evidence<T>& evidence, const std::vector<RepairStage>& stages);

}  // namespace normrun::diagnosis
