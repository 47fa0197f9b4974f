#pragma once

#include <string>

#include "diagnosis/repair_stages.hpp"

namespace normrun::diagnosis {

/// A cause of wrong statistics, and the harm that it does alone.
struct Blame {
  Cause cause = Cause::kNone;
  Gain harm;            // what the sound statistics gain over `only`
  StatisticsList only;  // the sound statistics, but with this one cause unrepaired
  /// the stored statistics, after this cause and the causes that come before it in the order of repair have been repaired
  StatisticsList repaired;
};

/// What the search for causes works with.
template <class T>
struct Evidence {
  const Subject<T>& subject;
  const JudgedRows<T>& judged;
  StatisticsList stored;
  StatisticsList sound;  // the statistics recomputed layer by layer on training rows
  RowScores sound_score;
  Gain whole;  // what the sound statistics gain over the stored ones
  // Whether `sound` leaves out padded steps that the network's own statistics count, because eval mode predicts better without them.
  bool leaves_padding_out = false;
};

/// Returns whether the rows are padded sequences and some normalization counts the padded steps.
template <class T>
bool counts_padding(const Subject<T>& subject);
/// Returns the population's statistics without the padded steps, even for layers that count them.
template <class T>
StatisticsList masked_population(const Subject<T>& subject);

/// Returns why the stored statistics are wrong, the most harmful cause first.  If the network was trained here, the causes come from the
/// training's own batches (`stages`); otherwise from what the statistics look like.  Harm may multiply from layer to layer, so that no
/// cause alone explains a fifth of the harm.  Then a cause's harm is what its repair gives back once the causes before it are repaired.
/// The list is empty if that explains nothing either.
template <class T>
std::vector<Blame> blame(const Evidence<T>& evidence, const std::vector<RepairStage>& stages);

/// Returns the largest number of values that one example gives to a channel of a normalization: 1 in dense networks.
template <class T>
Index most_positions(const Subject<T>& subject);

/// Returns the name that the facts of the training give to kBiasedVariance: kSmallParts, kCorrelatedRows, or kBiasedVariance itself.
template <class T>
Cause small_parts_cause(const Subject<T>& subject);

/// Returns whether the statistics have a history here: false if the network was loaded and then trained for no step.
template <class T>
bool has_history(const Subject<T>& subject);

/// Returns the more exact name of the cause of a repair stage.  Some causes look alike in the numbers, and only facts of the config tell
/// them apart.
template <class T>
Cause named_by_facts(Cause stage, const Subject<T>& subject);

/// Returns whether a moving average still holds much of its initial values, given their share in each layer.  Such an average reaches back
/// to the first steps, so its other values come from weights of long ago.  That is no fault of its own: a shorter memory repairs both.
bool reaches_back(const std::vector<double>& initial_shares);

/// Returns how many rows of an epoch's last batch share statistics; 0 if all batches are equally large.
template <class T>
Index rows_of_odd_batch(const Subject<T>& subject);

/// Returns the batch size, out of 1, 2, 4, 8, 16 and 32, whose mean statistics come nearest to the stored ones; 0 if none comes near.
template <class T>
Index matching_batch(const Subject<T>& subject, const StatisticsList& stored, const StatisticsList& sound);

/// Returns why statistics that were loaded are wrong.
template <class T>
std::vector<Blame> blame_loaded(const Evidence<T>& evidence, const std::vector<RepairStage>& stages);

}  // namespace normrun::diagnosis
