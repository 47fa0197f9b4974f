#include "config/json/words.hpp"
#include "data/array_values.hpp"
#include "files/input_file.hpp"
#include "statistics/moving_statistics.hpp"
#include "study/experiment.hpp"
#include "train/initial_weights.hpp"

namespace normrun::study {
namespace {

Index samples_of(const data::DataSpec::Outline& data, std::string_view split) {
  if (split == "validation") return data.validation_samples;
  return split == "test" ? data.test_samples : data.train_samples;
}

/// Labels such as 3.7 were read as classes, so the network has too few outputs.  Says how to predict them as numbers.
[[noreturn]] void refuse_fractions(const Error& error) {
  std::vector<Problem> problems = error.problems();
  for (Problem& problem : problems)
    problem.hint = "the labels are decimal numbers: to predict them, set \"target\": \"number\" in \"data\"; else " + problem.hint;
  throw Error(error.code(), problems);
}

/// Floating labels that are whole, such as 0.0 and 1.0, count as numbers to predict.  Says how to read them as classes.
[[noreturn]] void refuse_whole_numbers(const Error& error) {
  std::vector<Problem> problems = error.problems();
  for (Problem& problem : problems)
    problem.hint =
        "the labels are floating numbers that are whole: to tell them apart as classes, set \"target\": \"class\" in \"data\"; else " +
        problem.hint;
  throw Error(error.code(), problems);
}

/// If the classes are words, lists them, because the message about their number is then easier to understand.
[[noreturn]] void refuse_with_words(const Error& error, const data::DataSpec::Outline& data) {
  constexpr std::size_t kListed = 6;
  std::vector<std::string_view> words(data.class_words.begin(), data.class_words.end());
  bool are_numbers = true;
  for (std::size_t c = 0; c < words.size(); ++c) are_numbers = are_numbers && words[c] == std::to_string(c);
  std::vector<Problem> problems = error.problems();
  if (!are_numbers && words.size() <= kListed) problems.front().hint += "; the classes are " + config::quoted_words(words, " and ");
  throw Error(error.code(), problems);
}

/// Rows without labels serve a network that is trained already.
void check_labels(const RunConfig& config, const data::DataSpec::Outline& data) {
  if (data.unlabelled.empty() || (config.train.steps && *config.train.steps == 0)) return;
  const std::string split(data::split_text(data.unlabelled.front()));
  refuse_usage("data." + split, "the " + split + " rows have no labels, so nothing can be learned from them",
               "give the key \"labels\" beside the inputs, or set train.steps to 0");
}

/// Rows with a label for each position belong to no single class.
void check_order(const RunConfig& config, const data::DataSpec::Outline& data) {
  if (data.label_shape.rank() == 0) return;
  const bool batches = config.data_spec().batching.order == data::BatchOrder::kByClass;
  const bool clients = config.train.clients.count > 1 && config.train.clients.split == train::ClientSplit::kByClass;
  if (batches || clients)
    refuse_usage(batches ? "data.batching" : "train.clients",
                 "\"by-class\" needs one label a row, and these rows have one for each position", "choose another order");
}

void check_files(const nn::Network<float>& network, const RunConfig& config, const std::string& folder, const nn::SweptNorms& norms) {
  const train::TrainOptions& train = config.train;
  if (!train.init_from.empty()) train::initial_weights(network, train, folder, static_cast<std::uint64_t>(config.seed), norms);
  if (!train.batch_order.empty()) data::to_index_rows(files::read_npy(files::resolve_path(folder, train.batch_order), files::Read::kAll));
}

}  // namespace

void check_fit(const nn::Network<float>& network, const RunConfig& config, const data::DataSpec::Outline& data, const std::string& folder,
               const nn::SweptNorms& norms) {
  check_labels(config, data);
  check_order(config, data);
  const Shape outputs = train::outputs_of_label(network.output(), data.label_shape);
  const nn::LossKind loss = train::resolve_loss(config.train.loss, data.classes, outputs.size());
  try {
    train::check_loss_fits(loss, outputs, data.classes, data.outputs);
  } catch (const Error& error) {
    if (data.classes_are_fractions) refuse_fractions(error);
    if (data.numbers_are_whole) refuse_whole_numbers(error);
    refuse_with_words(error, data);
  }
  train::check_last_layers(loss, network, data.label_shape);
  train::check_division(config.train);
  train::check_target_options(config.train, loss, data.classes);
  train::check_monitors(config.train, data.validation_samples, data.test_samples, data.classes);
  if (!statistics::layers_with_statistics(network.layout()).empty())
    statistics::check_population(config.population, samples_of(data, config.population.split));
  for (const train::PhaseOptions& phase : config.train.phases)
    if (phase.freeze) network.changed({.frozen = *phase.freeze});
  check_files(network, config, folder, norms);
}

}  // namespace normrun::study
