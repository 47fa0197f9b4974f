#pragma once

#include "compare/compare_modes.hpp"
#include "diagnosis/repair_stages.hpp"

namespace normrun::compare {

/// The gap budget: what the gap between train mode and eval mode is made of.  Train mode takes batches of the run's own size, and dropout
/// drops nothing in either mode.
///
/// The moving statistics are repaired one cause at a time, in this order, until nothing but train mode's own batches is left:
///   cold-start       what is left of the initial values, taken out (bias correction)
///   lag              the same batches with the parameters as they are now
///   sampling-noise   every batch of an epoch instead of the last few
///   dropout          what dropout before the layer did to its moving statistics in training
///   batch-contents   batches of rows drawn at random instead of the run's own order
///   biased-variance  the population's statistics instead of the mean over batches
///   shifted-data     the statistics of the rows that are compared
///   batch-noise      what train mode's batches add: the rest
/// so that the causes' shares add up to 1.  Of causes that have a tenth of the gap, the mean and variance of the layers that they change
/// most are also repaired alone, and what these do not add up to is the interaction.  Forward passes only, some 40 however deep the
/// network.  `repaired` is all but the last two of these stages; a network without moving statistics has none, and its gap is left
/// unexplained.
template <class T>
void add_budget(const Snapshot<T>& snapshot, const std::vector<diagnosis::RepairStage>& repaired, tables::RunRecord& record);

}  // namespace normrun::compare
