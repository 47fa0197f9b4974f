#include "study/model_rows.hpp"

#include <algorithm>
#include <filesystem>

#include "core/error.hpp"
#include "files/foreign_format.hpp"
#include "files/input_file.hpp"
#include "files/npz_file.hpp"
#include "files/number_array.hpp"
#include "files/safetensors.hpp"
#include "models/keras_model.hpp"
#include "nlohmann/json.hpp"
#include "nn/network.hpp"

namespace normrun::study {
namespace {

using nlohmann::ordered_json;

enum class RowsKind { kArrays, kIdx, kTable, kConfig };

RowsKind kind_of_rows(const std::string& path) {
  if (!files::npz_path(path).file.empty()) return RowsKind::kArrays;
  constexpr Index kStart = 4096;
  const std::string start = files::InputFile(path).read_piece(kStart);
  if (start.empty()) throw Error(ExitCode::kDamaged, {path, "is empty", "give a file with rows"});
  const std::string_view what = files::foreign_format(start).what;
  if (what == "this is an NPY array" || what == "this is an NPZ archive") return RowsKind::kArrays;
  if (what == "this is an IDX file") return RowsKind::kIdx;
  const std::size_t first = start.find_first_not_of(" \t\r\n");
  return first != std::string::npos && (start[first] == '{' || start.compare(first, 2, "//") == 0) ? RowsKind::kConfig : RowsKind::kTable;
}

/// Returns the value of padded steps, if the model has a Masking layer of Keras.
std::optional<double> mask_value_of(const std::string& model) {
  constexpr Index kStart = 512;
  const std::string start = files::InputFile(model).read_piece(kStart);
  if (files::foreign_format(start).what.find("safetensors file") == std::string_view::npos) return std::nullopt;
  return models::mask_value(files::read_safetensors(model));
}

/// Throws Error(kUsage) for rows, (rows, steps, numbers), that have a step of this value alone: their network would read the padding.
void refuse_masked_steps(const std::string& option, const std::string& path, double mask) {
  const files::NumberArray array = files::read_npy(path, files::Read::kAll);
  if (array.format.bytes == sizeof(float)) mask = static_cast<float>(mask);  // as Keras compares
  const Index numbers = array.dims.size() < 3 ? 1 : array.dims.back();
  const Index steps = array.row_size() / numbers;
  for (Index step = 0; step < array.rows() * steps; ++step) {
    Index masked = 0;
    while (masked < numbers && files::decode_number(array.number(step * numbers + masked), array.format) == mask) ++masked;
    if (masked < numbers) continue;
    refuse_usage(option,
                 path + ": row " + std::to_string(step / steps) + " has padding in step " + std::to_string(step % steps) +
                     ", which the model's Masking layer leaves out",
                 "give rows of one length without padding: normrun reads models with Masking for such rows alone");
  }
}

ordered_json array_files(const RowFiles& rows, const char* inputs_key, const std::string& folder) {
  ordered_json files = {{inputs_key, path_from(rows.inputs, folder)}};
  if (!rows.labels.empty()) files["labels"] = path_from(rows.labels, folder);
  return files;
}

ordered_json arrays_json(const ModelRequest& request, const RowsReading& reading, RowsKind kind, const std::string& folder) {
  const char* const key = kind == RowsKind::kIdx ? "images" : "features";
  ordered_json data = {{"type", kind == RowsKind::kIdx ? "idx" : "npy"}, {"train", array_files(request.data, key, folder)}};
  if (!request.held_out.inputs.empty()) data["validation"] = array_files(request.held_out, key, folder);
  if (!request.test.inputs.empty()) data["test"] = array_files(request.test, key, folder);
  if (reading.classes > 1) data["classes"] = reading.classes;
  if (!reading.target.empty()) data["target"] = reading.target;
  if (request.ignore_label) data["ignore_label"] = *request.ignore_label;
  if (kind == RowsKind::kArrays && reading.is_channels_first) data["layout"] = "nchw";
  return data;
}

/// Returns the "data" of a table, whose labels are in a file of their own or in a column that --labels names.
ordered_json table_json(const ModelRequest& request, const RowsReading& reading, const std::string& folder) {
  if (!request.held_out.inputs.empty()) refuse_usage("--held-out", "a table cannot be held-out rows", "give the rows as NPY or NPZ");
  if (request.data.labels.empty()) {
    refuse_usage("--labels", "a table has its labels in a column or in another file", "name the column, or the file");
  }
  ordered_json data = {{"type", "csv"}, {"train", path_from(request.data.inputs, folder)}};
  const bool has_label_file = std::filesystem::is_regular_file(request.data.labels);
  if (has_label_file) {
    data["labels"] = path_from(request.data.labels, folder);
  } else {
    data["label"] = request.data.labels;
  }
  if (!request.test.inputs.empty()) data["test"] = path_from(request.test.inputs, folder);
  if (!request.test.inputs.empty() && has_label_file) data["test_labels"] = path_from(request.test.labels, folder);
  if (request.test.inputs.empty()) data["test_fraction"] = 0.0;
  if (!reading.class_words.empty()) data["classes"] = reading.class_words;
  if (!reading.target.empty()) data["target"] = reading.target;
  return data;
}

}  // namespace

std::string path_from(const std::string& path, const std::string& folder) {
  if (std::filesystem::path(path).is_absolute()) return path;
  const std::filesystem::path from = std::filesystem::absolute(folder.empty() ? "." : folder);
  return std::filesystem::absolute(path).lexically_normal().lexically_relative(from.lexically_normal()).generic_string();
}

bool is_config(const ModelRequest& request) { return kind_of_rows(request.data.inputs) == RowsKind::kConfig; }

std::vector<Index> row_sizes(const ModelRequest& request) {
  const RowsKind kind = kind_of_rows(request.data.inputs);
  if (kind != RowsKind::kArrays && mask_value_of(request.model))
    refuse_usage("--data", "the model has a Masking layer, and these rows are no arrays", "give the rows as NPY or NPZ");
  if (kind != RowsKind::kArrays && kind != RowsKind::kIdx) return {};
  const files::NumberArray array = kind == RowsKind::kIdx ? files::read_idx(request.data.inputs, files::Read::kHeader)
                                                          : files::read_npy(request.data.inputs, files::Read::kHeader);
  return {array.dims.begin() + 1, array.dims.end()};
}

std::string rows_json(const ModelRequest& request, const RowsReading& reading, const std::string& folder) {
  const RowsKind kind = kind_of_rows(request.data.inputs);
  for (const auto& [option, rows] : {std::pair("--held-out", &request.held_out), std::pair("--test", &request.test)}) {
    if (rows->inputs.empty() && !rows->labels.empty())
      refuse_usage(std::string(option) + "-labels", "labels without the rows that they belong to", "give " + std::string(option) + ", too");
    if (!rows->inputs.empty() && kind_of_rows(rows->inputs) != kind)
      refuse_usage(option, "these rows are in another kind of file than --data", "give all rows in one format");
  }
  if (const auto mask = kind == RowsKind::kArrays ? mask_value_of(request.model) : std::nullopt) {
    for (const auto& [option, rows] :
         {std::pair("--data", &request.data), std::pair("--held-out", &request.held_out), std::pair("--test", &request.test)})
      if (!rows->inputs.empty()) refuse_masked_steps(option, rows->inputs, *mask);
  }
  ordered_json data = kind == RowsKind::kTable ? table_json(request, reading, folder) : arrays_json(request, reading, kind, folder);
  // The user has given all rows their roles, so none are held out.
  if (kind != RowsKind::kTable && request.test.inputs.empty()) data["test_fraction"] = 0.0;
  return data.dump();
}

void end_in_classes(const models::ForeignModel& model, const Shape& labels, config::Document& document) {
  constexpr const char* kName = "classes_of_positions";
  ordered_json layers = ordered_json::parse(document.text_at("network"));
  const std::vector<Index>& given = model.file_output;
  std::vector<Index> dims = labels.dims();
  if (dims.empty() || given.size() != dims.size() + 1 || layers.back().value("name", "") == kName) return;
  const bool has_classes_last = std::equal(dims.begin(), dims.end(), given.begin());
  if (!has_classes_last && !std::equal(dims.begin(), dims.end(), given.begin() + 1)) return;
  dims.push_back(has_classes_last ? given.back() : given.front());
  if (has_classes_last && nn::Network<float>(models::layers_of(model), model.input).output().dims() == dims) return;
  if (!has_classes_last) {
    const std::vector<Index> first = {dims.back(), labels.size()};
    layers.push_back({{"type", "reshape"}, {"name", "classes_first"}, {"target_shape", first}});
    layers.push_back({{"type", "permute"}, {"name", "classes_last"}, {"dims", {2, 1}}});
  }
  layers.push_back({{"type", "reshape"}, {"name", kName}, {"target_shape", dims}});
  document.set("network", layers.dump(), "the labels");
}

}  // namespace normrun::study
