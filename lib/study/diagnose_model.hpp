#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diagnosis/diagnose.hpp"
#include "diagnosis/statistics_algebra.hpp"
#include "study/experiment.hpp"
#include "study/invariance.hpp"
#include "study/model_case.hpp"
#include "tables/record.hpp"

namespace normrun::study {

/// The scores of the three ways to predict.  They are NaN if the rows have no labels.
struct WayScores {
  double loss = 0.0;
  double accuracy = 0.0;
};
/// What was found on the rows of one role.
struct JudgedRole {
  data::SplitName split = data::SplitName::kTrain;
  Index rows = 0;
  bool has_labels = false;
  WayScores stored;      // eval mode by the stored statistics
  WayScores train_mode;  // each batch by its own statistics
  WayScores recomputed;  // eval mode by statistics recomputed on the training rows
  double gap = 0.0;  // how far the outputs of eval mode are from those by recomputed statistics: rms, in standard deviations of the latter
  diagnosis::Diagnosis diagnosis;
};

/// How far the outputs of eval mode are from those that the model's framework gave.
struct OutputsCheck {
  double largest = 0.0;  // the largest difference
  double allowed = 0.0;
  bool are_equal = false;
};

/// Fewer training rows than this give statistics that are themselves wrong.  On broken networks whose cause is known, half as many rows
/// still named it, and a quarter as many named another.  Fewer judged rows exclude no harm; the training rows then decide.
inline constexpr Index kFewestRows = 16;

/// What a trained model's diagnosis found.
struct ModelDiagnosis {
  std::vector<JudgedRole> roles;         // the rows to be judged first, the training rows last; empty if the outputs differ
  std::optional<OutputsCheck> outputs;   // nothing if the request gives no outputs
  diagnosis::BlendFit initial;           // how much of the initial values 0 and 1 the stored statistics look like they hold
  std::vector<BatchDependence> batches;  // how far the outputs depend on the batch
  bool normalizes_by_batch = false;      // the file itself normalizes by its batch, whenever it runs
  bool has_statistics = true;            // the file stores the statistics of at least one layer
  Index batch_size = 0;                  // rows that shared statistics in train mode
  std::string divergence;                // why eval mode has no scores; "" if it has
  std::string too_few;                   // "3 training rows, where at least 16 tell anything": no verdict is given; "" if there are enough
  std::vector<std::string> notes;
};

/// Judges the model of an experiment that open_model() described, and adds its lines to all tables of the record.  Rows without labels are
/// judged by how far their outputs are from the outputs by recomputed statistics; their findings tell this distance.  Throws Error(kUsage)
/// if the outputs in `request` do not belong to the judged rows, and whatever a run throws.
ModelDiagnosis diagnose_model(const Experiment& experiment, const ModelCase& model, const ModelRequest& request, tables::RunRecord& record);

}  // namespace normrun::study
