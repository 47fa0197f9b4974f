#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "columns_text.hpp"
#include "commands.hpp"
#include "data_files.hpp"
#include "fmt/format.h"
#include "models/foreign_model.hpp"
#include "nn/kernels/kernels.hpp"
#include "progress.hpp"
#include "report/draw/network_text.hpp"
#include "study/plan.hpp"
#include "study/training_warnings.hpp"
#include "sweep/runner.hpp"
#include "tables/tables.hpp"

namespace normrun::app {
namespace {

/// Returns how many multiply-adds a second the dense product does on one core.  The measurement takes some milliseconds.
double measured_speed() {
  constexpr Index kRows = 32;
  constexpr Index kInputs = 784;
  constexpr Index kOutputs = 64;
  Matrix<float> x(kRows, kInputs);
  Matrix<float> w(kInputs, kOutputs);
  Matrix<float> y(kRows, kOutputs);
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  double products = 0.0;
  while (Clock::now() - start < std::chrono::milliseconds(5)) {
    nn::kernels::product<float>(x.view(), w.view(), nullptr, y.view());
    products += 1.0;
  }
  return products * kRows * kInputs * kOutputs / std::chrono::duration<double>(Clock::now() - start).count();
}

struct Figures {
  double steps = 0.0;
  double seconds = 0.0;  // the time if every usable core works on the experiment
  double memory_bytes = 0.0;
  double disk_bytes = 0.0;
};

double steps_of(const study::RunConfig& config, const data::DataSpec::Outline& outline) {
  if (config.train.steps) return static_cast<double>(*config.train.steps);
  const Index per_epoch = config.train.sizes().batches(outline.train_samples, data::LastBatch::kKeep);
  return static_cast<double>(config.train.epochs.value_or(1) * per_epoch);
}

/// Estimates memory and disk from the experiment's first run, and steps and time from at most 1000 runs.
Figures estimate(const study::Experiment& experiment, const data::DataSpec::Outline& outline) {
  constexpr std::int64_t kLooked = 1000;
  const std::int64_t looked = std::min(experiment.grid.size(), kLooked);
  const std::int64_t stride = experiment.grid.size() / looked;
  const double speed = measured_speed();
  Figures figures;
  for (std::int64_t i = 0; i < looked; ++i) {
    const study::RunConfig config = experiment.at(i * stride);
    figures.steps += steps_of(config, outline);
    figures.seconds += study::predicted_cost(config, outline) / speed;
  }
  const double share = static_cast<double>(experiment.grid.size()) / static_cast<double>(looked);
  figures.steps *= share;
  figures.seconds *= share / sweep::usable_cores();
  const nn::Network<float> network(experiment.base.layers(), outline.shape);
  const nn::Layout& layout = network.layout();
  const double number = experiment.base.precision == study::Precision::kFloat32 ? 4.0 : 8.0;
  const double rows = static_cast<double>(outline.train_samples + outline.validation_samples + outline.test_samples);
  const double examples = static_cast<double>(std::max<Index>(experiment.base.train.batch_size, 512));
  double activations = static_cast<double>(layout.cache_per_example);
  for (const auto& layer : network.layers()) activations += static_cast<double>(layer.output.size());
  figures.memory_bytes = rows * static_cast<double>(outline.shape.size()) * number +
                         sweep::usable_cores() * number * (4.0 * static_cast<double>(layout.param_count) + examples * activations) + 20e6;
  const double checkpoint = experiment.base.train.checkpoints == train::CheckpointPolicy::kAll
                                ? number * static_cast<double>(layout.param_count + layout.state_count) + 4096.0
                                : 0.0;
  figures.disk_bytes =
      static_cast<double>(experiment.grid.size()) * (checkpoint + 150.0 * static_cast<double>(layout.state_count) + 4096.0);
  return figures;
}

/// Returns the names of what a layer reads: "input" for the network's input, otherwise names of layers.
std::vector<std::string> input_names(const nn::Network<float>& network, const nn::LayerInfo& layer) {
  std::vector<std::string> names;
  for (const Index boundary : layer.inputs)
    names.push_back(boundary == 0 ? "input" : network.layers()[static_cast<std::size_t>(boundary - 1)].name);
  return names;
}

std::string bytes_text(double bytes) {
  if (bytes < 1e6) return fmt::format("{:.0f} kB", bytes / 1e3);
  if (bytes < 1e9) return fmt::format("{:.0f} MB", bytes / 1e6);
  return fmt::format("{:.1f} GB", bytes / 1e9);
}

std::string to_text(const study::Experiment& experiment, const data::DataSpec::Outline& outline, const nn::Network<float>& network,
                    const Figures& figures) {
  std::string text = experiment.base.name + "\n";
  if (!experiment.base.source.empty()) text += "source: " + experiment.base.source + "\n";
  if (!experiment.base.description.empty()) text += experiment.base.description + "\n";
  text += fmt::format("\ndata: {}, one example {}, {} train, {} validation, {} test rows, {}\n", experiment.base.data->type,
                      outline.shape.text(), outline.train_samples, outline.validation_samples, outline.test_samples,
                      outline.classes > 0 ? fmt::format("{} classes", outline.classes) : "regression");
  if (const std::string columns = columns_text(experiment.base.data_spec().columns(experiment.folder)); !columns.empty())
    text += "\n" + columns;
  text += "\n" + report::network_text(network);
  text += "\ngrid:\n";
  for (const config::Axis& axis : experiment.grid.axes()) {
    std::string values;
    for (std::size_t i = 0; i < axis.labels.size() && i < 12; ++i) values += (i > 0 ? ", " : "") + axis.labels[i];
    if (axis.labels.size() > 12) values += fmt::format(", … ({} values)", axis.labels.size());
    text += fmt::format("  {}: {}\n", axis.key, values);
  }
  text += fmt::format("\n{} runs, {:.0f} steps; on {} cores about {}; memory about {}, disk about {}\n", experiment.grid.size(),
                      figures.steps, sweep::usable_cores(), spoken_duration(figures.seconds), bytes_text(figures.memory_bytes),
                      bytes_text(figures.disk_bytes));
  return text;
}

nlohmann::ordered_json layers_json(const nn::Network<float>& network) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const nn::LayerInfo& layer : network.layers()) {
    layers.push_back({{"name", layer.name},
                      {"type", layer.type},
                      {"inputs", input_names(network, layer)},
                      {"output", layer.output.dims()},
                      {"parameters", layer.params}});
  }
  return layers;
}

std::string to_json(const study::Experiment& experiment, const data::DataSpec::Outline& outline, const nn::Network<float>& network,
                    const Figures& figures, const std::vector<std::string>& warnings) {
  using nlohmann::ordered_json;
  const ordered_json json = {{"config", ordered_json::parse(experiment.resolved())},
                             {"layers", layers_json(network)},
                             {"parameters", network.layout().param_count},
                             {"columns", ordered_json::parse(columns_json(experiment.base.data_spec().columns(experiment.folder)))},
                             {"train_samples", outline.train_samples},
                             {"validation_samples", outline.validation_samples},
                             {"test_samples", outline.test_samples},
                             {"runs", experiment.grid.size()},
                             {"steps", figures.steps},
                             {"estimated_seconds", figures.seconds},
                             {"estimated_memory_bytes", figures.memory_bytes},
                             {"estimated_disk_bytes", figures.disk_bytes},
                             {"warnings", warnings}};
  return json.dump(2) + "\n";
}

/// Shows a trained model as the network that it became.
int describe_model(const DescribeRequest& request) {
  const study::Overrides& overrides = request.overrides;
  if (!overrides.set.empty() || !overrides.grid.empty() || !overrides.seeds.empty() || overrides.epochs)
    refuse_usage(request.config, "this is a trained model, which has no options to set",
                 "describe it without --set, --grid, --seeds and --epochs");
  const models::ForeignModel model = models::read_model(request.config);
  const nn::Network<float> network(models::layers_of(model), model.input);
  if (request.json) {
    const nlohmann::ordered_json json = {{"model", request.config},        {"producer", model.producer},
                                         {"input", model.file_input},      {"output", model.file_output},
                                         {"layers", layers_json(network)}, {"parameters", network.layout().param_count}};
    print_result(json.dump(2) + "\n");
    return 0;
  }
  print_result(fmt::format("{}: a model{}{}; a row has the shape {}, its output {}\n\n", request.config,
                           model.producer.empty() ? "" : " of ", model.producer, shape_text(model.file_input),
                           shape_text(model.file_output)) +
               report::network_text(network));
  return 0;
}

}  // namespace

int describe_command(const DescribeRequest& request) {
  if (models::is_foreign_model(request.config)) return describe_model(request);
  if (kind_of_file(request.config) == DataFileKind::kSafetensors)
    refuse_usage(request.config, "the file holds tensors, but not the network that they belong to",
                 "describe the config of that network; `normrun inspect` lists the tensors");
  const study::Experiment experiment = study::load_experiment(request.config, request.overrides, study::Check::kWithData);
  for (const std::string& note : experiment.notes) log_info(note);
  const data::DataSpec::Outline outline = experiment.base.data_spec().outline(experiment.folder);
  const nn::Network<float> network(experiment.base.layers(), outline.shape);
  const Figures figures = estimate(experiment, outline);
  const std::vector<std::string> warnings = study::training_warnings(experiment, outline);
  print_result(request.json ? to_json(experiment, outline, network, figures, warnings) : to_text(experiment, outline, network, figures));
  for (const std::string& warning : warnings) log_warning(request.config + ": " + warning);
  return 0;
}

}  // namespace normrun::app
