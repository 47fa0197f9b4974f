#include "data/input_file.hpp"
#include "data/number_array.hpp"
#include "nn/checkpoint.hpp"
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

void check_files(const Network<float>& network, const TrainOptions& train, const std::string& folder) {
  if (!train.init_from.empty()) {
    const std::string path = resolve_path(folder, train.init_from);
    Model<float> model = fresh_model(network, 0);
    from_tensors(network.layout(), read_safetensors(path), Match::kGiven, path, model);
  }
  if (!train.batch_order.empty()) to_index_rows(read_npy(resolve_path(folder, train.batch_order), Read::kAll));
}

}  // namespace

void check_fit(const Network<float>& network, const RunConfig& config, const DataSpec::Outline& data, const std::string& folder) {
  const LossKind loss = resolve_loss(config.train.loss, data.classes, network.output().size());
  try {
    check_loss_fits(loss, network.output(), data.classes, data.outputs);
  } catch (const Error& error) {
    if (data.classes_are_fractions) refuse_fractions(error);
    throw;
  }
  check_division(config.train);
  if (!layers_with_statistics(network.layout()).empty()) check_population(config.population, samples_of(data, config.population.split));
  check_files(network, config.train, folder);
}

}  // namespace normrun
