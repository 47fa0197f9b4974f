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
  std::optional<Index> samples;  // how many training rows are used; empty: all
};

/// The loss of the judged rows by statistics of so many training rows.
struct CurvePoint {
  Index rows = 0;
  double loss = 0.0;
};

/// The recomputed statistics of a model, and how they score.
struct ModelRepair {
  std::vector<files::Tensor> statistics;  // under the names that the file has for them
  std::vector<std::string> layers;        // the layers to which these statistics belong
  Index rows = 0;                         // how many training rows were used
  std::string data_digest;                // of these rows
  data::SplitName judged = data::SplitName::kTrain;
  Index judged_rows = 0;
  bool is_measured = false;  // whether rows with labels were there to measure the gain
  WayScores before;
  WayScores after;
  double gain = 0.0;  // in loss, with its 95 % interval
  double low = 0.0;
  double high = 0.0;
  std::vector<CurvePoint> curve;
};

/// Recomputes the statistics of the model of an experiment that open_model() described.  Scores eval mode before and after on the held-out
/// rows; without these on the test rows, or else on the training rows.  Throws Error(kUsage) if the model has no statistics, and whatever a
/// run throws.
ModelRepair repair_model(const Experiment& experiment, const ModelCase& model, const ModelRequest& request, const RepairOptions& options);

/// Returns the bytes of the repaired file.  It is a checkpoint of our own with replaced statistics; for tensors of another framework it
/// holds the statistics alone.  `provenance` says where the statistics come from.
std::string repaired_tensors(const std::string& model, const ModelRepair& repair, const std::string& provenance);

}  // namespace normrun::study
