#pragma once

#include "diagnosis/cause.hpp"
#include "diagnosis/subject.hpp"

namespace normrun::diagnosis {

/// A cause of wrong moving statistics and the statistics once it is repaired too.
struct RepairStage {
  Cause cause = Cause::kNone;
  StatisticsList statistics;
};

/// The moving statistics repaired one cause at a time, by the training's own batches once more:
///   cold-start       what is left of the initial values, taken out (bias correction)
///   lag              the same batches with the parameters as they are now
///   sampling-noise   every batch of an epoch instead of the last few
///   dropout          without dropout before the layer
///   batch-contents   batches of rows drawn at random instead of the run's own order
///   biased-variance  the population's statistics instead of the mean over batches
/// Layers whose statistics never moved have all of their repair in the first stage.  The network has moving statistics.
template <class T>
std::vector<RepairStage> repair_stages(const Subject<T>& subject, const statistics::PopulationOptions& population);

/// The same of a training whose batches are no random draws, with their contents repaired before the sampling noise: what a few batches
/// differ by is then mostly what they hold.
template <class T>
std::vector<RepairStage> stages_by_contents(const Subject<T>& subject, const std::vector<RepairStage>& stages);

}  // namespace normrun::diagnosis
