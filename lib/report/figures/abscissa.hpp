#pragma once

#include <string>
#include <vector>

#include "report/draw/line_chart.hpp"
#include "report/results/results_folder.hpp"

namespace normrun::report {

/// What the figures over settings have along their x axis: the training batch size; where no other than one was asked for, the
/// swept number with the most values; without one, names: the norms or, of one norm, the settings.
struct Abscissa {
  enum class Kind { kBatchSize, kNumber, kNorms, kSettings };
  Kind kind = Kind::kBatchSize;
  std::string key = "";  // of the config, of a number
  std::string column = "batch_size";
  std::string label = "training batch size";
  Scale scale = Scale::kLog;
  std::vector<std::string> names = {};  // in order of appearance

  bool has_names() const { return kind == Kind::kNorms || kind == Kind::kSettings; }
  /// Of the run that was just read.
  double place(const tables::RunRows& runs) const;
  /// As the figures' data have it.
  std::string text(double place) const;
  void take(LineChart& chart) const;  // ticks and names
  /// The swept keys that are not along the axis.
  std::string others(const tables::RunRows& runs) const { return kind == Kind::kSettings ? "" : runs.others(key); }
};

Abscissa abscissa_of(const ResultsFolder& results);

}  // namespace normrun::report
