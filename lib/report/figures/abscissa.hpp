#pragma once

#include <string>
#include <vector>

#include "report/draw/chart.hpp"
#include "report/results/results_folder.hpp"

namespace normrun::report {

/// What the figures over settings show along their x axis.  It is the training batch size if several were trained, else the swept number
/// with the most values.  Without such a number the axis has names: those of the norms or, with one norm, those of the settings.
struct Abscissa {
  enum class Kind { kBatchSize, kNumber, kNorms, kSettings };
  Kind kind = Kind::kBatchSize;
  std::string key = "";  // the key of the swept number in the config
  std::string column = "batch_size";
  std::string label = "training batch size";
  Scale scale = Scale::kLog;
  std::vector<std::string> names = {};  // in order of appearance, as people read them

  bool has_names() const { return kind == Kind::kNorms || kind == Kind::kSettings; }
  /// Returns the place of the run that was read last.
  double place(const tables::RunRows& runs) const;
  /// Returns "at batch 2", "at norm.momentum 0.9" or the name of a place.
  std::string spoken(double place) const;
  /// Sets a chart's x axis.  The chart must already have its panels.
  void take(Chart& chart) const;
  /// Returns the swept keys that are not along the axis.
  std::string others(const tables::RunRows& runs) const { return kind == Kind::kSettings ? "" : runs.others(key); }
};

Abscissa abscissa_of(const ResultsFolder& results);

}  // namespace normrun::report
