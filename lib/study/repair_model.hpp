#pragma once

#include <optional>
#include <string>
#include <vector>

#include "files/safetensors.hpp"
#include "study/diagnose_model.hpp"

namespace normrun::study {

/// How a model's statistics are recomputed.
struct RepairOptions {
  statistics::Estimator estimator = statistics::Estimator::kLayerByLayer;
  std::optional<Index> samples;  // training rows that are used; nothing: all
};

/// The loss of the judged rows by statistics of only some training rows.
struct CurvePoint {
  Index rows = 0;
  double loss = 0.0;
};

/// What recomputing a model's statistics gives.
struct ModelRepair {
  std::vector<files::Tensor> statistics;  // under the names of the file
  std::vector<std::string> layers;        // whose statistics these are
  Index rows = 0;                         // training rows that were used
  std::string data_digest;                // of the rows
  data::SplitName judged = data::SplitName::kTrain;
  Index judged_rows = 0;
  bool is_measured = false;  // false: no rows have labels
  WayScores before;
  WayScores after;
  double gain = 0.0;  // in loss, with its 95 % interval
  double low = 0.0;
  double high = 0.0;
  std::vector<CurvePoint> curve;
};

/// Recomputes the statistics of the model of an experiment that open_model() described.  Scores eval mode before and after on held-out
/// rows, else on test rows, else on the training rows.  Throws Error(kUsage) if the model has no statistics, and the errors of a run.
ModelRepair repair_model(const Experiment& experiment, const ModelCase& model, const ModelRequest& request, const RepairOptions& options);

/// Returns the bytes of the repaired file: a checkpoint of our own with its statistics replaced, or for other tensors the statistics alone.
/// `provenance` says where they come from.
std::string repaired_tensors(const std::string& model, const ModelRepair& repair, const std::string& provenance);

}  // namespace normrun::study
