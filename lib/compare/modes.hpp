#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mode.hpp"
#include "statistics/population.hpp"

namespace normrun::compare {

/// Which numbers a named mode of a comparison runs with.
enum class StatisticsSource {
  kModel,
  kPopulation,  // by the config's own estimator; the next four name theirs
  kLayerByLayer,
  kPooled,
  kBatchAverage,
  kBiasCorrected,
  kInitial,
  kUntrained,
};
/// The estimator of a source that names one.
std::optional<statistics::Estimator> estimator_of(StatisticsSource source);

struct ComparisonMode {
  std::string_view name;
  Mode mode;
  StatisticsSource source;
  /// Whether the outputs of a row depend on the rows beside it: batch statistics.
  bool by_batch() const { return mode.statistics == Statistics::kBatch; }
};

/// train, eval, population, initial-statistics, untrained, train+dropout, and population's estimators by their own names: the remedies.
const std::vector<ComparisonMode>& comparison_modes();
const ComparisonMode& comparison_mode(std::string_view name);  // name is one of them
std::vector<std::string_view> comparison_mode_names();

}  // namespace normrun::compare
