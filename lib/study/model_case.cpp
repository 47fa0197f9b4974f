#include "study/model_case.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "config/grid/grid.hpp"
#include "files/input_file.hpp"
#include "files/number_array.hpp"
#include "files/safetensors.hpp"
#include "nlohmann/json.hpp"
#include "nn/checkpoint.hpp"
#include "study/experiment.hpp"
#include "study/model_labels.hpp"
#include "study/model_rows.hpp"
#include "train/initial_weights.hpp"

namespace normrun::study {
namespace {

using nlohmann::ordered_json;

constexpr Index kUsualBatch = 32;

/// What is known about a model from its file and from the config of its network.
struct KnownModel {
  config::Document document;  // the config with the network, the norm, and what is known about the training
  std::string weights;        // the file that init_from names
  bool is_torch = false;      // whether its images have their channels first
  std::shared_ptr<const models::ForeignModel> foreign = nullptr;
};

config::Document first_point(const std::string& path) {
  const config::Document document = config::Document::load(path);
  return config::at_point(document, config::Grid(config::read_axes(document)), 0);
}

bool has_torch_names(const files::TensorFile& file) {
  return std::any_of(file.tensors.begin(), file.tensors.end(), [](const files::Tensor& tensor) {
    return tensor.name.ends_with(".running_var") || tensor.name.ends_with(".num_batches_tracked") || tensor.name == "running_var";
  });
}

/// Opens a model that brings its own graph.
KnownModel open_graph(const ModelRequest& request) {
  auto foreign = std::make_shared<const models::ForeignModel>(models::read_model(request.model, row_sizes(request)));
  config::Document document = models::config_of(*foreign);
  return {std::move(document), kWeightsFile, foreign->is_channels_first, std::move(foreign)};
}

KnownModel open_tensors(const ModelRequest& request) {
  if (request.network.empty() && models::is_foreign_model(request.model)) return open_graph(request);
  const files::TensorFile file = files::read_safetensors(request.model);
  if (!request.network.empty()) return {first_point(request.network), request.model, has_torch_names(file)};
  const auto config = file.metadata.find("config");
  if (config == file.metadata.end()) {
    throw Error(ExitCode::kUsage, {request.model, "the file holds tensors, but not the network that they belong to",
                                   "give --network CONFIG, a config with that network; or export the model as ONNX (docs/own-model.md)"});
  }
  return {config::Document::parse(config->second, request.model), request.model, false};
}

/// Gives every normalization with moving statistics in a list of layers the momentum, however deep its branch.
void set_momentum(ordered_json& value, double momentum) {
  if (value.is_array() || value.is_object())
    for (auto& one : value) set_momentum(one, momentum);
  if (!value.is_object() || !value.contains("type") || !value["type"].is_string()) return;
  const std::string type = value["type"].get<std::string>();
  if (type != "batch" && type != "batch_renorm" && type != "moving_layer") return;
  value["momentum"] = momentum;
  if (type == "batch") value["momentum_weighs"] = "old";
}

/// Sets the options that a diagnosis needs, in place of those by which the config trains and compares.
void set_request(const ModelRequest& request, const std::string& weights, config::Document& document) {
  ordered_json train = {{"steps", 0}, {"init_from", weights}, {"history", ordered_json::array()}};
  train["batch_size"] = request.batch_size.value_or(kUsualBatch);
  const std::string kept[] = {"batch_size", "loss", "accumulate", "replicas", "sync", "strict", "layout", "init_map"};
  for (const std::string& key : kept) {
    const std::string value = document.text_at("train." + key);
    const bool is_given = key == "batch_size" && request.batch_size;
    if (!value.empty() && !is_given) train[key] = ordered_json::parse(value);
  }
  ordered_json splits = ordered_json::array();
  if (!request.test.inputs.empty()) splits.push_back("test");
  if (!request.held_out.inputs.empty()) splits.push_back("validation");
  splits.push_back("train");
  ordered_json compare = {{"splits", splits}, {"pairs", ordered_json::array()}};
  for (const auto& [first, second] : {std::pair("train", "eval"), std::pair("eval", "population"), std::pair("train", "population")})
    compare["pairs"].push_back(ordered_json::array({first, second}));
  if (request.data.labels.empty() || request.test.inputs.empty() != request.test.labels.empty())
    compare["budget"] = ordered_json::array({"outputs"});
  document.set("train", train.dump(), "the request");
  document.set("compare", compare.dump(), "the request");
  for (const char* key : {"grid", "claims", "probes", "population", "seed"}) document.erase(key);
  // Given outputs in double precision are compared with outputs in double precision.
  if (!request.outputs.empty()) {
    const files::NumberFormat format = files::read_npy(request.outputs, files::Read::kHeader).format;
    document.set("precision", format.bytes == sizeof(double) ? "float64" : "float32", "--outputs");
  }
  document.set("name", "diagnosis-" + std::filesystem::path(request.model).stem().string(), "the request");
  if (!request.momentum) return;
  for (const char* key : {"network", "norm"}) {
    const std::string given = document.text_at(key);
    if (given.empty()) continue;
    ordered_json value = ordered_json::parse(given);
    set_momentum(value, *request.momentum);
    document.set(key, value.dump(), "--momentum");
  }
}

RunConfig read_config(const config::Document& document) {
  RunConfig config;
  std::vector<Problem> problems;
  document.read("", config, problems);
  if (!problems.empty()) throw Error(ExitCode::kUsage, problems);
  return config;
}

/// Returns the shape of an example with its axes as the model's file has them.
std::string taken_shape(const models::ForeignModel& model) {
  const std::string own = shape_text(model.file_input);
  return model.is_channels_first ? own + ", or " + model.input.text() + " with the channels last" : own;
}

/// What brings rows of another shape into that of the model.
std::string cure_of_shape(const Shape& rows, const models::ForeignModel& model) {
  if (rows.size() != model.input.size()) return "give rows as wide as those that the model was trained on";
  std::string sizes = "-1";
  for (const Index dim : model.file_input) sizes += ", " + std::to_string(dim);
  return "if their numbers have this order, too: numpy.save(path, rows.reshape(" + sizes + "))";
}

/// Returns how many numbers the network gives for each label of an example.  Throws Error if the rows, read in this way, do not fit the
/// network, or the network does not fit its weights.
Index fitting_outputs(const RunConfig& config, const data::DataSpec::Outline& outline, const models::ForeignModel* foreign,
                      const std::string& folder) {
  if (foreign != nullptr && outline.shape != foreign->input) {
    throw Error(ExitCode::kUsage,
                {"--data", "the rows have the shape " + outline.shape.text() + ", but the model takes " + taken_shape(*foreign),
                 cure_of_shape(outline.shape, *foreign)});
  }
  const nn::Network<float> network(config.layers(), outline.shape);
  if (foreign == nullptr) train::initial_weights(network, config.train, folder, 0, {});
  return train::outputs_of_label(network.output(), outline.label_shape).size();
}

/// The first labels that the request gives: they say what all labels are.
const std::string& leading_labels(const ModelRequest& request) {
  for (const RowFiles* rows : {&request.data, &request.held_out, &request.test})
    if (!rows->labels.empty()) return rows->labels;
  return request.data.labels;
}

/// Sets the config's "data" to the rows of the request, read in this way, and finds out what their labels mean.
std::vector<std::string> take_rows(const ModelRequest& request, const models::ForeignModel* foreign, const std::string& folder,
                                   RowsReading& reading, config::Document& document) {
  const auto outlined = [&] {
    document.set("data", rows_json(request, reading, folder), "--data");
    return read_config(document).data_spec().outline(folder);
  };
  data::DataSpec::Outline outline = outlined();
  if (foreign != nullptr) end_in_classes(*foreign, outline.label_shape, document);
  const Index outputs = fitting_outputs(read_config(document), outline, foreign, folder);
  // Labels of 0.0 and 1.0 do not tell that they are classes, and whole numbers to predict not that they are none.
  const bool are_classes = outline.numbers_are_whole && outline.outputs == 1 && outputs > 1;
  const bool are_numbers = outline.classes > 2 && outputs == 1;
  if (are_classes || are_numbers) {
    reading.target = are_classes ? "class" : "number";
    outline = outlined();
  }
  if (outline.classes == 0) return {};
  const std::string note = read_labels(leading_labels(request), outline, outputs, reading);
  outlined();
  return note.empty() ? std::vector<std::string>() : std::vector<std::string>{note};
}

/// Whether the refused rows have the model's shape, and only their labels do not fit.
bool rows_fit(const Error& error) { return error.code() == ExitCode::kUsage && error.problems().front().where != "--data"; }

/// Takes the rows with the order of axes in which they fit the network and its weights.  Returns what users should know of the rows.
std::vector<std::string> take_fitting_rows(const ModelRequest& request, const KnownModel& known, const std::string& folder,
                                           config::Document& document) {
  std::optional<Error> refusal;
  for (const bool is_channels_first : {known.is_torch, !known.is_torch}) {
    RowsReading reading{.is_channels_first = is_channels_first, .classes = 0, .class_words = {}, .target = {}};
    try {
      return take_rows(request, known.foreign.get(), folder, reading, document);
    } catch (const Error& error) {
      if (error.code() == ExitCode::kOutOfMemory) throw;
      // Rows that fit the model tell more than rows of another shape.  Else the message names the shape that the rows have in their file,
      // because users know it; they do not know the shape after axes have moved.
      const bool says_more = refusal && rows_fit(*refusal) != rows_fit(error) ? rows_fit(error) : !is_channels_first;
      if (!refusal || says_more) refusal = error;
    }
  }
  throw Error(*refusal);
}

/// Makes the paths in the "data" of a config in the folder `from` relative to `folder`.
void move_paths(ordered_json& data, const std::string& from, const std::string& folder) {
  for (auto& [key, value] : data.items()) {
    if (value.is_object()) move_paths(value, from, folder);
    const bool is_path =
        key == "path" || key == "train" || key == "test" || key == "labels" || key == "test_labels" || key == "features" || key == "images";
    if (is_path && value.is_string() && !value.get<std::string>().empty())
      value = path_from(files::resolve_path(from, value.get<std::string>()), folder);
  }
}

/// Takes the "data" of another config, and compares the splits that it has.  Returns what users should know of the rows.
std::vector<std::string> take_data(const std::string& path, const models::ForeignModel* foreign, const std::string& folder,
                                   config::Document& document) {
  ordered_json data = ordered_json::parse(first_point(path).text_at("data"));
  move_paths(data, std::filesystem::path(path).parent_path().string(), folder);
  document.set("data", data.dump(), path);
  const data::DataSpec::Outline outline = read_config(document).data_spec().outline(folder);
  if (foreign != nullptr) end_in_classes(*foreign, outline.label_shape, document);
  ordered_json splits = ordered_json::array();
  if (outline.test_samples > 0) splits.push_back("test");
  if (outline.validation_samples > 0) splits.push_back("validation");
  splits.push_back("train");
  document.set("compare.splits", splits.dump(), path);
  return outline.notes;
}

/// Throws Error(kDamaged) for a model with numbers that are not finite, or with negative variances, because no pass could compute with
/// them.
void refuse_damaged_numbers(const models::ForeignModel& model) {
  for (const files::Tensor& tensor : model.weights.tensors) {
    const bool is_variance = tensor.name.ends_with(".moving_variance");
    const auto count = std::count_if(tensor.values.begin(), tensor.values.end(),
                                     [&](double value) { return !std::isfinite(value) || (is_variance && value < 0.0); });
    if (count == 0) continue;
    throw Error(ExitCode::kDamaged,
                {model.path,
                 tensor.name + " has " + std::to_string(count) + " numbers of " + std::to_string(tensor.values.size()) +
                     (is_variance ? " that are NaN, infinite or negative" : " that are NaN or infinite"),
                 "`normrun validate` lists what is damaged; if it is statistics alone, `normrun repair` recomputes them"});
  }
}

}  // namespace

std::string_view role_text(data::SplitName split) {
  return split == data::SplitName::kTrain ? "data" : split == data::SplitName::kValidation ? "held-out" : "test";
}

ModelCase open_model(const ModelRequest& request, const std::string& folder) {
  KnownModel known = open_tensors(request);
  ModelCase result{.document = std::move(known.document), .foreign = known.foreign, .untold = {}, .notes = {}};
  if (known.foreign) result.untold = known.foreign->untold;
  set_request(request, known.foreign ? known.weights : path_from(known.weights, folder), result.document);
  if (is_config(request)) {
    if (!request.test.inputs.empty() || !request.held_out.inputs.empty())
      refuse_usage("--data", "a config brings all rows itself", "leave --test and --held-out out");
    result.notes = take_data(request.data.inputs, known.foreign.get(), folder, result.document);
  } else {
    result.notes = take_fitting_rows(request, known, folder, result.document);
  }
  return result;
}

void write_weights(const ModelCase& model, const std::string& folder) {
  if (!model.foreign) return;
  refuse_damaged_numbers(*model.foreign);
  const nn::Network<double> network(models::layers_of(*model.foreign), model.foreign->input);
  files::write_safetensors(folder + "/" + kWeightsFile,
                           nn::to_tensors(network.layout(), models::numbers_of<double>(*model.foreign, network)));
}

Experiment experiment_of(const ModelCase& model, const std::string& folder) {
  return {.document = model.document,
          .path = folder.empty() ? "config.json" : folder + "/config.json",
          .folder = folder,
          .grid = config::Grid(),
          .base = read_config(model.document),
          .notes = {},
          .example = std::nullopt};
}

}  // namespace normrun::study
