#include "study/experiment.hpp"
#include "train/moving_statistics.hpp"

namespace normrun {
namespace {

Index samples_of(const DataSpec::Outline& data, std::string_view split) {
  if (split == "validation") return data.validation_samples;
  return split == "test" ? data.test_samples : data.train_samples;
}

/// A network of a few outputs on labels like 3.7: numbers to predict that were taken for classes.
[[noreturn]] void refuse_fractions(const Error& error) {
  std::vector<Problem> problems = error.problems();
  for (Problem& problem : problems)
    problem.hint = "the labels are decimal numbers: to predict them, set \"target\": \"number\" in \"data\"; else " + problem.hint;
  throw Error(error.code(), problems);
}

}  // namespace

void check_fit(const Network<float>& network, const RunConfig& config, const DataSpec::Outline& data) {
  const LossKind loss = resolve_loss(config.train.loss, data.classes, network.output().size());
  try {
    check_loss_fits(loss, network.output(), data.classes, data.outputs);
  } catch (const Error& error) {
    if (data.classes_are_fractions) refuse_fractions(error);
    throw;
  }
  check_division(config.train);
  if (!layers_with_statistics(network.layout()).empty()) check_population(config.population, samples_of(data, config.population.split));
}

}  // namespace normrun
