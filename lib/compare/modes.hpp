#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mode.hpp"
#include "statistics/mixing.hpp"
#include "statistics/population.hpp"

namespace normrun::compare {

/// Which parameters and statistics a comparison mode runs with.
enum class StatisticsSource {
  kModel,       // the trained network's own
  kPopulation,  // the population's, by the config's estimator; each of the next four stands for an estimator
  kLayerByLayer,
  kPooled,
  kBatchAverage,
  kBiasCorrected,
  kInitial,    // the trained parameters with the initial moving statistics
  kUntrained,  // the parameters and statistics before training
  kLast,       // those of the last step, if the trained network has averaged ones
};
/// Returns the estimator that a source stands for, or nothing for any other source.
std::optional<statistics::Estimator> estimator_of(StatisticsSource source);

struct ComparisonMode {
  std::string_view name;
  Mode mode;
  StatisticsSource source;
  std::optional<statistics::Mixing> mixing = std::nullopt;  // the batch's statistics are mixed into the source's
  /// Whether the outputs of a row depend on the other rows of its batch, because batch statistics normalize or are mixed in.
  bool by_batch() const { return mode.statistics == Statistics::kBatch || mixing.has_value(); }
};

/// All modes without a number in their name: train, eval, population, the four estimators by their own names, initial-statistics,
/// untrained, last-weights, train+dropout.
const std::vector<ComparisonMode>& comparison_modes();
/// Returns one of comparison_modes(), or a mode that mixes (statistics::mixing_of).  is_comparison_mode(name) must hold.  The mode keeps a
/// view of `name`.
ComparisonMode comparison_mode(std::string_view name);
bool is_comparison_mode(std::string_view name);
/// The names of all modes, with <…> in place of the number where there is one.
std::vector<std::string_view> comparison_mode_names();

}  // namespace normrun::compare
