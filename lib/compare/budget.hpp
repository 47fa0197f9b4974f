#pragma once

#include "compare/compare_modes.hpp"
#include "diagnosis/repair_stages.hpp"

namespace normrun::compare {

/// Adds the gap budget to the record: what the gap between train mode and eval mode is made of.  Train mode takes batches of the run's own
/// size, and dropout drops nothing in either mode.
///
/// The moving statistics are repaired one cause at a time, in this order, until nothing but train mode's own batches is left:
///   cold-start       what is left of the initial values, taken out (bias correction)
///   lag              the statistics of the same batches with the parameters as they are now
///   sampling-noise   the statistics of every batch of an epoch instead of the last few
///   dropout          what dropout before the layer did to its moving statistics in training
///   batch-contents   the statistics of batches of rows drawn at random instead of in the run's own order
///   biased-variance  the population's statistics instead of the mean over batches
///   shifted-data     the statistics of the rows that are compared
///   batch-noise      the rest, which train mode's batches add
/// The causes' shares therefore add up to 1.  If a cause has a tenth of the gap, the layers that it changes most are also repaired one by
/// one, first the mean and then the variance alone.  What these shares do not add up to is the interaction.  All this takes some 40 forward
/// passes, however deep the network.  `repaired` has the stages up to biased-variance.  A network without moving statistics has no stages,
/// and its gap stays unexplained.
template <class T>
void add_budget(const Snapshot<T>& snapshot, const std::vector<diagnosis::RepairStage>& repaired, tables::RunRecord& record);

}  // namespace normrun::compare
