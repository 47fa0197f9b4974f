#include "data/number_array.hpp"
#include "files/input_file.hpp"
#include "nn/checkpoint.hpp"
#include "statistics/moving_statistics.hpp"
#include "study/experiment.hpp"

namespace normrun::study {
namespace {

Index samples_of(const data::DataSpec::Outline& data, std::string_view split) {
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

void check_files(const nn::Network<float>& network, const train::TrainOptions& train, const std::string& folder) {
  if (!train.init_from.empty()) {
    const std::string path = files::resolve_path(folder, train.init_from);
    nn::Model<float> model = nn::fresh_model(network, 0);
    nn::from_tensors(network.layout(), nn::read_safetensors(path), nn::Match::kGiven, path, model);
  }
  if (!train.batch_order.empty()) data::to_index_rows(data::read_npy(files::resolve_path(folder, train.batch_order), data::Read::kAll));
}

}  // namespace

void check_fit(const nn::Network<float>& network, const RunConfig& config, const data::DataSpec::Outline& data, const std::string& folder) {
  const nn::LossKind loss = train::resolve_loss(config.train.loss, data.classes, network.output().size());
  try {
    train::check_loss_fits(loss, network.output(), data.classes, data.outputs);
  } catch (const Error& error) {
    if (data.classes_are_fractions) refuse_fractions(error);
    throw;
  }
  train::check_division(config.train);
  if (!statistics::layers_with_statistics(network.layout()).empty())
    statistics::check_population(config.population, samples_of(data, config.population.split));
  check_files(network, config.train, folder);
}

}  // namespace normrun::study
