#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "data/array_suggestion.hpp"
#include "data/csv_suggestion.hpp"
#include "data_files.hpp"
#include "files/atomic_file.hpp"
#include "files/foreign_format.hpp"
#include "fmt/format.h"

namespace normrun::app {
namespace {

using nlohmann::ordered_json;

/// Returns `path` in the form in which a config that lies in `folder` must write it.
std::string path_from(const std::string& path, const std::string& folder) {
  if (std::filesystem::path(path).is_absolute()) return path;
  const std::filesystem::path from = std::filesystem::absolute(folder.empty() ? "." : folder);
  return std::filesystem::absolute(path).lexically_normal().lexically_relative(from.lexically_normal()).generic_string();
}

/// Returns a name for the results folder, of letters, digits, "-" and "_".
std::string experiment_name(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  name = name.substr(0, name.find('.', 1));
  for (char& c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!is_plain) c = '-';
  }
  return name.empty() ? "experiment" : name;
}

/// What the network and its training must know about the data.
struct Task {
  ordered_json data;
  Index rows = 0;     // how many rows the data file has
  Index outputs = 1;  // how many units the last layer has
  bool is_image = false;
  Index label_rank = 0;  // as in ArraySuggestion
  Index tokens = 0;
};

/// A network with a class for each step or pixel: convolutions that keep the positions, and a dense layer at each of them.
ordered_json network_over_positions(const Task& task) {
  ordered_json layers = ordered_json::array();
  if (task.tokens > 0) layers.push_back({{"type", "embedding"}, {"input_dim", task.tokens}, {"output_dim", 16}});
  for (int i = 0; i < 2; ++i) {
    layers.push_back({{"type", task.label_rank == 1 ? "conv1d" : "conv2d"}, {"filters", 16}, {"kernel_size", 3}, {"padding", "same"}});
    layers.push_back({{"type", "norm"}});
    layers.push_back({{"type", "relu"}});
  }
  layers.push_back({{"type", "dense"}, {"units", task.outputs}});
  return layers;
}

ordered_json network_of(const Task& task) {
  if (task.label_rank > 0) return network_over_positions(task);
  ordered_json layers = ordered_json::array();
  if (task.is_image) layers.push_back({{"type", "flatten"}});
  for (int i = 0; i < 2; ++i) {
    layers.push_back({{"type", "dense"}, {"units", 32}});
    layers.push_back({{"type", "norm"}});
    layers.push_back({{"type", "relu"}});
  }
  layers.push_back({{"type", "dense"}, {"units", task.outputs}});
  return layers;
}

/// Returns some batch sizes: those that the training rows fill at least once.
ordered_json batch_sizes(Index rows) {
  ordered_json sizes = ordered_json::array();
  const Index train_rows = std::max<Index>(1, rows * 4 / 5);
  for (const Index size : {4, 16, 64}) {
    if (size <= train_rows) sizes.push_back(size);
  }
  if (sizes.empty()) sizes.push_back(std::max<Index>(1, train_rows / 2));
  return sizes;
}

/// Returns in how many epochs a training reads some 100,000 rows in all: in many for a small file, in few for a large one.
Index epochs_for(Index rows) { return std::clamp<Index>(100000 / std::max<Index>(rows, 1), 2, 50); }

std::string config_text(const std::string& name, const Task& task) {
  const ordered_json sizes = batch_sizes(task.rows);
  const ordered_json config = {
      {"name", name},
      {"data", task.data},
      {"network", network_of(task)},
      {"norm", {{"type", "batch"}, {"momentum", 0.9}}},
      {"train",
       {{"batch_size", sizes.back()}, {"epochs", epochs_for(task.rows)}, {"optimizer", {{"type", "adam"}, {"learning_rate", 0.003}}}}},
      {"grid", {{"norm.type", {"batch", "layer", "none"}}, {"train.batch_size", sizes}, {"seed", {0, 1, 2}}}},
  };
  return config.dump(2) + "\n";
}

Task csv_task(const InitRequest& request, const std::string& folder) {
  const bool has_label_file = std::filesystem::is_regular_file(request.target);
  const data::CsvSuggestion found =
      has_label_file ? data::suggest_csv_with_labels(request.file, request.target) : data::suggest_csv(request.file, request.target);
  for (const std::string& note : found.notes) log_info(request.file + ": " + note);
  Task task;
  task.data = {{"type", "csv"}, {"path", path_from(request.file, folder)}};
  if (has_label_file) task.data["labels"] = path_from(request.target, folder);
  for (const auto& [key, value] : found.keys()) task.data[key] = ordered_json::parse(value);
  task.rows = found.table.rows;
  task.outputs = found.outputs;
  return task;
}

Task array_task(const InitRequest& request, const std::string& folder) {
  const data::ArraySuggestion found = data::suggest_arrays(request.file, request.target);
  const auto files = [&](const data::ArrayPair& pair) {
    ordered_json named = {{std::string(found.features_key), path_from(pair.features, folder)}, {"labels", path_from(pair.labels, folder)}};
    if (!pair.lengths.empty()) named["lengths"] = path_from(pair.lengths, folder);
    return named;
  };
  Task task;
  task.data = {{"type", std::string(found.type)}, {"train", files(found.train)}};
  if (!found.test.features.empty()) task.data["test"] = files(found.test);
  for (const auto& [key, value] : found.keys) task.data[key] = ordered_json::parse(value);
  task.rows = found.rows;
  task.outputs = found.outputs;
  task.is_image = found.rank > 1;
  task.label_rank = found.label_rank;
  task.tokens = found.tokens;
  return task;
}

}  // namespace

int init_command(const InitRequest& request) {
  const std::string folder = request.out.empty() ? "" : std::filesystem::path(request.out).parent_path().string();
  const Task task = kind_of_file(request.file) == DataFileKind::kTable ? csv_task(request, folder) : array_task(request, folder);
  const std::string config = config_text(experiment_name(request.file), task);
  if (request.out.empty()) {
    print_result(config);
    return 0;
  }
  if (std::filesystem::exists(request.out)) {
    throw Error(ExitCode::kCannotCreate, {request.out, "the file exists", "name another file, or remove this one"});
  }
  files::write_file(request.out, config);
  log_info(fmt::format("{} written; go on with: normrun train --config {}", request.out, request.out));
  return 0;
}

}  // namespace normrun::app
