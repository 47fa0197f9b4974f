#include "study/compare_checkpoint.hpp"

#include <charconv>
#include <filesystem>

#include "compare/compare_modes.hpp"
#include "core/denormals.hpp"
#include "nn/checkpoint.hpp"
#include "study/plan.hpp"

namespace normrun::study {
namespace {

const std::string& metadata(const nn::TensorFile& file, const std::string& path, const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found != file.metadata.end()) return found->second;
  throw Error(ExitCode::kDamaged,
              {path, "the checkpoint's metadata has no \"" + key + "\"", "give a checkpoint that `normrun train` wrote"});
}

Index read_count(const std::string& text) {
  Index count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

/// Checkpoints of older versions do not tell; where the config counts in epochs, it does.
Index epoch_of(const nn::TensorFile& file, const RunConfig& config) {
  const auto found = file.metadata.find("epoch");
  if (found != file.metadata.end()) return read_count(found->second);
  return config.train.steps ? 0 : config.train.epochs.value_or(1);
}

config::Document load_document(const std::string& data) {
  const std::size_t first = data.find_first_not_of(" \t\r\n");
  return first != std::string::npos && data[first] == '{' ? config::Document::parse(data, "--data") : config::Document::load(data);
}

config::Document trained_config(const CheckpointComparison& request, const nn::TensorFile& file) {
  return config::Document::parse(metadata(file, request.checkpoint, "config"), request.checkpoint);
}

/// The trained run's config with the requested data, pairs and sizes in it.
RunConfig requested_config(const CheckpointComparison& request, const nn::TensorFile& file, std::string& folder) {
  config::Document document = trained_config(request, file);
  const config::Document data = load_document(request.data);
  const bool is_config = data.contains("data");
  if (data.name() != "--data") folder = std::filesystem::path(request.data).parent_path().string();
  document.set("data", is_config ? data.text_at("data") : data.dump(), data.name() + (is_config ? " /data" : ""));
  RunConfig config;
  std::vector<Problem> problems;
  document.read("", config, problems);
  if (!request.pairs.empty()) config.compare.pairs = request.pairs;
  if (!request.splits.empty()) config.compare.splits = request.splits;
  if (!request.eval_batch_sizes.empty()) config.compare.eval_batch_sizes.clear();
  for (const std::string& size : request.eval_batch_sizes) {
    config::Count count;
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), count.value);
    const bool is_number = error == std::errc() && end == size.data() + size.size() && count.value >= 1;
    if (!is_number && size != "train" && size != "all") {
      problems.push_back({"--eval-batch-sizes", "expected whole numbers >= 1, train or all, got \"" + size + "\"", ""});
    }
    if (!is_number) count.word = size;
    config.compare.eval_batch_sizes.push_back(count);
  }
  if (!problems.empty()) throw Error(ExitCode::kUsage, problems);
  return config;
}

template <class T>
void compare_in(const CheckpointComparison& request, const nn::TensorFile& file, RunConfig& config, const std::string& folder,
                tables::RunRecord& record) {
  const data::Dataset<T> data = config.data_spec().load(static_cast<std::uint64_t>(config.seed), folder, T{});
  const nn::Network<T> network(config.layers(), data.shape);
  nn::Model<T> model = nn::fresh_model(network, static_cast<std::uint64_t>(config.seed));
  nn::from_tensors(network.layout(), file, nn::Match::kAll, request.checkpoint, model);
  if (request.splits.empty()) {
    std::erase_if(config.compare.splits, [&](const std::string& name) { return data.split(data::split_of(name)).samples() == 0; });
    if (config.compare.splits.empty()) config.compare.splits = {"train"};
  }
  const Index step = read_count(metadata(file, request.checkpoint, "step"));
  const nn::LossKind loss = train::resolve_loss(config.train.loss, data.classes, network.output().size());
  train::check_loss_fits(loss, network.output(), data.classes, data.outputs);
  train::check_last_layers(loss, network);
  record.data_digest = data.digest;
  const compare::ComparisonSettings settings = config.comparison_settings();
  const compare::Snapshot<T> snapshot{network, model, data, settings, loss, epoch_of(file, config), step};
  compare::compare_modes(snapshot, compare::Moment::kFinal, record);
}

/// A checkpoint keeps no means and deviations of its inputs.
std::vector<std::string> scaling_warnings(const config::Document& trained, const RunConfig& config) {
  if (config.data_spec().preparation.standardize)
    return {"the inputs are standardized by the mean and deviation of these data's own training rows, not by those of the training"};
  if (trained.text_at("data.standardize") == "true")
    return {"the network was trained on standardized inputs, but these are read as they are: their \"data\" has no \"standardize\""};
  return {};
}

}  // namespace

ComparedCheckpoint compare_checkpoint(const CheckpointComparison& request) {
  const FlushDenormals flush;  // as in training
  const nn::TensorFile file = nn::read_safetensors(request.checkpoint);
  std::string folder;
  RunConfig config = requested_config(request, file, folder);
  const RunKey key{.run = 0,
                   .run_id = metadata(file, request.checkpoint, "run_id"),
                   .norm = metadata(file, request.checkpoint, "norm"),
                   .batch_size = config.train.batch_size,
                   .seed = config.seed,
                   .others = {}};
  tables::RunRecord record{.run = 0, .status = tables::RunStatus::kOk, .keys = key.csv(), .lines = {}, .data_digest = {}};
  with_precision(config.precision, [&](auto number) { compare_in<decltype(number)>(request, file, config, folder, record); });
  const bool is_trained_data = record.data_digest == metadata(file, request.checkpoint, "data_digest");
  std::vector<std::string> warnings =
      is_trained_data ? std::vector<std::string>() : scaling_warnings(trained_config(request, file), config);
  return {std::move(record), std::move(warnings)};
}

}  // namespace normrun::study
