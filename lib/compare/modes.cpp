#include "compare/modes.hpp"

#include <algorithm>

namespace normrun::compare {

std::optional<statistics::Estimator> estimator_of(StatisticsSource source) {
  switch (source) {
    case StatisticsSource::kLayerByLayer:
      return statistics::Estimator::kLayerByLayer;
    case StatisticsSource::kPooled:
      return statistics::Estimator::kPooled;
    case StatisticsSource::kBatchAverage:
      return statistics::Estimator::kBatchAverage;
    case StatisticsSource::kBiasCorrected:
      return statistics::Estimator::kBiasCorrected;
    default:
      return std::nullopt;
  }
}

const std::vector<ComparisonMode>& comparison_modes() {
  static const std::vector<ComparisonMode> modes = {
      {"train", kTrainFrozen, StatisticsSource::kModel},
      {"eval", kEvalMode, StatisticsSource::kModel},
      {"population", kEvalMode, StatisticsSource::kPopulation},
      {"layer-by-layer", kEvalMode, StatisticsSource::kLayerByLayer},
      {"pooled", kEvalMode, StatisticsSource::kPooled},
      {"batch-average", kEvalMode, StatisticsSource::kBatchAverage},
      {"bias-corrected", kEvalMode, StatisticsSource::kBiasCorrected},
      {"initial-statistics", kEvalMode, StatisticsSource::kInitial},
      {"untrained", kEvalMode, StatisticsSource::kUntrained},
      {"last-weights", kEvalMode, StatisticsSource::kLast},
      {"train+dropout", {Statistics::kBatch, Tracking::kFreeze, Dropout::kOn}, StatisticsSource::kModel},
  };
  return modes;
}

ComparisonMode comparison_mode(std::string_view name) {
  if (const std::optional<statistics::Mixing> mixing = statistics::mixing_of(name))
    return {name, kEvalMode, StatisticsSource::kModel, mixing};
  const auto& modes = comparison_modes();
  return *std::find_if(modes.begin(), modes.end(), [name](const ComparisonMode& mode) { return mode.name == name; });
}

bool is_comparison_mode(std::string_view name) {
  const auto& modes = comparison_modes();
  return statistics::mixing_of(name) || std::any_of(modes.begin(), modes.end(), [name](const auto& mode) { return mode.name == name; });
}

std::vector<std::string_view> comparison_mode_names() {
  std::vector<std::string_view> names;
  for (const ComparisonMode& mode : comparison_modes()) names.push_back(mode.name);
  names.push_back(statistics::kMixedByWeight);
  names.push_back(statistics::kMixedByRows);
  return names;
}

}  // namespace normrun::compare
