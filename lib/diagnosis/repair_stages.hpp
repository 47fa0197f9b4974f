#pragma once

#include "diagnosis/cause.hpp"
#include "diagnosis/subject.hpp"

namespace normrun::diagnosis {

/// A cause of wrong moving statistics, and the statistics after repairing this cause and all earlier ones.
struct RepairStage {
  Cause cause = Cause::kNone;
  StatisticsList statistics;
};

/// Repairs the moving statistics one cause at a time, with the help of the training's own batches:
///   cold-start       takes out what is left of the initial values (bias correction)
///   lag              runs the same batches with the parameters as they are now
///   sampling-noise   takes every batch of an epoch instead of the last few
///   dropout          switches off the dropout before the layer
///   batch-contents   takes batches of rows drawn at random instead of the run's own order
///   biased-variance  takes the population's statistics instead of the mean over batches
/// In layers whose statistics never moved, the first stage repairs lag and sampling noise too.  The network must have moving statistics.
template <class T>
std::vector<RepairStage> repair_stages(const Subject<T>& subject, const statistics::PopulationOptions& population);

/// Returns the stages of a training whose batches are not drawn at random, in another order: the contents of batches are repaired before
/// the sampling noise.  In such a training, a few batches differ mostly by what they hold.
template <class T>
std::vector<RepairStage> stages_by_contents(const Subject<T>& subject, const std::vector<RepairStage>& stages);

}  // namespace normrun::diagnosis
