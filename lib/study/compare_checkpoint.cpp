#include "study/compare_checkpoint.hpp"

#include <charconv>
#include <filesystem>

#include "compare/diagnosis_tables.hpp"
#include "core/denormals.hpp"
#include "files/safetensors.hpp"
#include "study/eval_divergence.hpp"
#include "study/plan.hpp"
#include "train/initial_weights.hpp"

namespace normrun::study {
namespace {

const std::string& metadata(const files::TensorFile& file, const std::string& path, const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found != file.metadata.end()) return found->second;
  throw Error(ExitCode::kDamaged, {path, "the checkpoint's metadata has no \"" + key + "\", so `normrun train` did not write it",
                                   "give --network CONFIG, a config with the network that the tensors belong to"});
}

std::string metadata_or(const files::TensorFile& file, const std::string& key, const std::string& fallback) {
  const auto found = file.metadata.find(key);
  return found == file.metadata.end() ? fallback : found->second;
}

Index read_count(const std::string& text) {
  Index count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

/// Returns the epoch of a checkpoint.  Older versions did not store it.  Their checkpoints have the config's number of epochs, or 0 if the
/// config counts in steps.
Index epoch_of(const files::TensorFile& file, const RunConfig& config) {
  const auto found = file.metadata.find("epoch");
  if (found != file.metadata.end()) return read_count(found->second);
  if (!file.metadata.contains("step")) return 0;
  return config.train.steps ? 0 : config.train.epochs.value_or(1);
}

config::Document load_document(const std::string& data) {
  const std::size_t first = data.find_first_not_of(" \t\r\n");
  return first != std::string::npos && data[first] == '{' ? config::Document::parse(data, "--data") : config::Document::load(data);
}

config::Document trained_config(const CheckpointComparison& request, const files::TensorFile& file) {
  if (request.network.empty()) return config::Document::parse(metadata(file, request.checkpoint, "config"), request.checkpoint);
  const config::Document document = load_document(request.network);
  return config::at_point(document, config::Grid(config::read_axes(document)), 0);
}

bool is_text(const std::string& config) { return load_document(config).name() == "--data"; }

/// Returns the trained run's config, with the requested data, pairs and sizes in place of its own.
RunConfig requested_config(const CheckpointComparison& request, const files::TensorFile& file, std::string& folder) {
  config::Document document = trained_config(request, file);
  const std::string& source = request.data.empty() ? request.network : request.data;
  if (source.empty()) refuse_usage("--data", "no data to compare on", "give a config, or JSON");
  const config::Document data = load_document(source);
  const bool is_config = data.contains("data");
  if (!is_text(source)) folder = std::filesystem::path(source).parent_path().string();
  if (!request.data.empty())
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

/// Diagnoses the network.  If the data are those that it was trained on, the diagnosis knows the history of the training.  On other data it
/// takes the network as loaded from a file.
template <class T>
void diagnose_in(const compare::Snapshot<T>& given, const CheckpointComparison& request, const files::TensorFile& file,
                 const RunConfig& config, const std::string& folder, tables::RunRecord& record) {
  compare::Snapshot<T> snapshot = given;
  train::TrainOptions options = config.train;
  if (given.data.digest != metadata_or(file, "data_digest", "")) {
    options.init_from = std::filesystem::absolute(request.checkpoint).string();
    snapshot.step = 0;
  }
  const train::TrainingPlan<T> plan{.network = &given.network,
                                    .data = &given.data,
                                    .options = &options,
                                    .batching = &config.data_spec().batching,
                                    .loss = given.loss,
                                    .seed = static_cast<std::uint64_t>(config.seed),
                                    .folder = folder};
  compare::add_diagnosis(snapshot, plan, compare::repaired_statistics(snapshot, plan), record);
}

/// Returns why eval mode has no scores, or "".
template <class T>
std::string compare_in(const CheckpointComparison& request, const files::TensorFile& file, RunConfig& config, const std::string& folder,
                       tables::RunRecord& record, nn::WeightsUse& use) {
  const data::Dataset<T> data = config.data_spec().load<T>(static_cast<std::uint64_t>(config.seed), folder);
  const nn::Network<T> network(config.layers(), data.shape);
  nn::Model<T> model = nn::fresh_model(network, static_cast<std::uint64_t>(config.seed));
  use = nn::load_weights(network, file, train::weights_rules(config.train, request.checkpoint), model);
  if (request.splits.empty()) {
    std::erase_if(config.compare.splits, [&](const std::string& name) { return data.split(data::split_of(name)).samples() == 0; });
    if (config.compare.splits.empty()) config.compare.splits = {"train"};
  }
  const Index step = read_count(metadata_or(file, "step", "0"));
  const Shape outputs = train::outputs_of_label(network.output(), data.label_shape);
  const nn::LossKind loss = train::resolve_loss(config.train.loss, data.classes, outputs.size());
  train::check_loss_fits(loss, outputs, data.classes, data.outputs);
  if (!request.network.empty())
    train::check_last_layers(loss, network,
                             data.label_shape);  // a checkpoint of `train` is not checked, because older versions allowed more
  record.data_digest = data.digest;
  const compare::ComparisonSettings settings = config.comparison_settings();
  const compare::Snapshot<T> snapshot{network, model, data, settings, loss, epoch_of(file, config), step};
  const std::optional<data::SplitName> not_finite = compare::compare_modes(snapshot, compare::Moment::kFinal, record);
  if (not_finite) record.status = tables::RunStatus::kDiverged;
  if (!not_finite && request.diagnoses) diagnose_in(snapshot, request, file, config, folder, record);
  return not_finite ? eval_divergence(snapshot, *not_finite) : "";
}

/// Warns if the inputs are not scaled as in training.  A checkpoint does not store the means and deviations of its inputs.
std::vector<std::string> scaling_warnings(const config::Document& trained, const RunConfig& config) {
  if (config.data_spec().preparation.standardize)
    return {"the inputs are standardized by the mean and deviation of this data's own training rows, not by those of the training run"};
  if (trained.text_at("data.standardize") == "true")
    return {"the network was trained on standardized inputs, but these inputs are read as they are: their \"data\" has no \"standardize\""};
  return {};
}

}  // namespace

ComparedCheckpoint compare_checkpoint(const CheckpointComparison& request) {
  const FlushDenormals flush;  // as in training
  const files::TensorFile file = files::read_safetensors(request.checkpoint);
  std::string folder;
  RunConfig config = requested_config(request, file, folder);
  RunKey key{.run = 0,
             .run_id = {},
             .norm = metadata_or(file, "norm", config.norm_label()),
             .batch_size = config.train.batch_size,
             .seed = config.seed,
             .others = {}};
  key.run_id = metadata_or(file, "run_id", key.norm + "-b" + std::to_string(key.batch_size) + "-s" + std::to_string(key.seed));
  nn::WeightsUse use;
  tables::RunRecord record{.run = 0, .status = tables::RunStatus::kOk, .keys = key.csv(), .lines = {}, .data_digest = {}};
  std::string divergence = with_precision(
      config.precision, [&](auto number) { return compare_in<decltype(number)>(request, file, config, folder, record, use); });
  const bool is_own = request.data.empty() || record.data_digest == metadata_or(file, "data_digest", "");
  std::vector<std::string> warnings = is_own ? std::vector<std::string>() : scaling_warnings(trained_config(request, file), config);
  warnings.insert(warnings.end(), use.notes.begin(), use.notes.end());
  return {std::move(record), std::move(divergence), std::move(warnings)};
}

}  // namespace normrun::study
