#include "study/experiment.hpp"
#include "train/moving_statistics.hpp"

namespace normrun {

namespace {

Index samples_of(const DataSpec::Outline& outline, std::string_view split) {
  if (split == "validation") return outline.validation_samples;
  return split == "test" ? outline.test_samples : outline.train_samples;
}

}  // namespace

void check_fit(const Network<float>& network, const RunConfig& config, const DataSpec::Outline& outline) {
  const LossKind loss = resolve_loss(config.train.loss, outline.classes, network.output().size());
  check_loss_fits(loss, network.output(), outline.classes, outline.outputs);
  check_division(config.train);
  if (!layers_with_statistics(network.layout()).empty()) check_population(config.population, samples_of(outline, config.population.split));
}

}  // namespace normrun
