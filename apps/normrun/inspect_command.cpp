#include <algorithm>
#include <nlohmann/json.hpp>

#include "columns_text.hpp"
#include "commands.hpp"
#include "core/shape.hpp"
#include "data/array_suggestion.hpp"
#include "data/csv_suggestion.hpp"
#include "data_files.hpp"
#include "files/npz_file.hpp"
#include "files/safetensors.hpp"
#include "fmt/format.h"
#include "models/foreign_model.hpp"

namespace normrun::app {
namespace {

using nlohmann::ordered_json;

std::string delimiter_text(char delimiter) {
  return delimiter == '\t' ? "tabs" : delimiter == ' ' ? "blanks" : fmt::format("\"{}\"", delimiter);
}

/// Returns the lines of a config that reads this table, or the reason why there are none.
std::string config_lines(const std::string& file, const std::string& target) {
  try {
    const data::CsvSuggestion found = data::suggest_csv(file, target);
    std::string text = fmt::format("\nlines of a config that predicts {} ({}):\n  \"data\": {{\"type\": \"csv\", \"path\": {}",
                                   found.table.inputs[found.target].text(),
                                   found.is_classes ? fmt::format("{} classes", found.outputs) : "numbers", data::json_quoted(file));
    for (const auto& [key, value] : found.keys()) text += fmt::format(", \"{}\": {}", key, value);
    text += "}\n";
    for (const std::string& note : found.notes) text += "  // " + note + "\n";
    return text;
  } catch (const Error& error) {
    return "\n" + to_line(error.problems().front()) + "\n";
  }
}

int inspect_table(const InspectRequest& request) {
  const data::CsvSuggestion found = data::look_at_csv(request.file);
  const std::vector<data::ColumnProfile> columns = data::profiles_of(found.table, found.facts);
  if (request.json) {
    const ordered_json json = {{"file", request.file}, {"rows", found.table.rows}, {"columns", ordered_json::parse(columns_json(columns))}};
    print_result(json.dump(2) + "\n");
    return 0;
  }
  std::string text = fmt::format("{}: a table of {} rows and {} columns. Cells are separated by {}{}; {}.\n", request.file,
                                 found.table.rows, found.table.columns, delimiter_text(found.table.dialect.delimiter),
                                 found.table.dialect.decimal == ',' ? "; numbers have a decimal comma" : "",
                                 found.table.names.empty() ? "there is no header line" : "the first line holds the names of the columns");
  for (const std::string& note : found.table.notes) text += "  " + note + "\n";
  text += "\n" + columns_text(columns) + config_lines(request.file, request.target);
  print_result(text);
  return 0;
}

std::string label_lines(const data::ArrayFacts& facts) {
  if (facts.values.empty()) return "";
  std::string text = "  values:";
  for (const auto& [value, count] : facts.values) text += fmt::format(" {} ({})", value, count);
  return text + "\n";
}

std::string array_line(const data::ArrayFacts& facts) {
  std::string text = fmt::format("{}: {} of shape {}, {} to {}{}\n", facts.path, facts.type, shape_text(facts.dims), facts.low, facts.high,
                                 facts.not_finite > 0 ? fmt::format(", {} not finite", facts.not_finite) : "");
  return text + label_lines(facts);
}

int inspect_arrays(const InspectRequest& request, DataFileKind kind) {
  std::vector<data::ArrayFacts> arrays;
  const files::NpzPath archive = files::npz_path(request.file);
  if (kind == DataFileKind::kNpz && archive.member.empty()) {
    for (const std::string& member : files::npz_members(request.file))
      arrays.push_back(data::array_facts(request.file + ":" + member, data::ArrayFormat::kNpy));
  } else {
    arrays.push_back(data::array_facts(request.file, kind == DataFileKind::kIdx ? data::ArrayFormat::kIdx : data::ArrayFormat::kNpy));
  }
  ordered_json json = ordered_json::array();
  std::string text;
  for (const data::ArrayFacts& facts : arrays) {
    json.push_back({{"file", facts.path},
                    {"type", facts.type},
                    {"shape", facts.dims},
                    {"low", facts.low},
                    {"high", facts.high},
                    {"not_finite", facts.not_finite}});
    text += array_line(facts);
  }
  print_result(request.json ? json.dump(2) + "\n" : text);
  return 0;
}

int inspect_tensors(const InspectRequest& request) {
  const files::TensorFile file = files::read_safetensors(request.file);
  ordered_json json = ordered_json::array();
  std::string text = fmt::format("{}: {} tensors\n", request.file, file.tensors.size());
  for (const auto& tensor : file.tensors) {
    text += fmt::format("  {:<40} {}\n", tensor.name, shape_text(tensor.shape));
    json.push_back({{"name", tensor.name}, {"shape", tensor.shape}});
  }
  print_result(request.json ? json.dump(2) + "\n" : text);
  return 0;
}

/// Shows a model that brings its own graph: what it takes and gives, its normalizations, and its tensors under normrun's names.
int inspect_model(const InspectRequest& request) {
  const models::ForeignModel model = models::read_model(request.file);
  ordered_json json = {{"file", request.file},        {"producer", model.producer},     {"input", model.file_input},
                       {"output", model.file_output}, {"norms", ordered_json::array()}, {"tensors", ordered_json::array()}};
  std::string text =
      fmt::format("{}: a model{}{}; a row has the shape {}, its output {}\n", request.file, model.producer.empty() ? "" : " of ",
                  model.producer, shape_text(model.file_input), shape_text(model.file_output));
  for (const models::ForeignNorm& norm : model.norms) {
    text += fmt::format("  {} norm {}: epsilon {:.6g}{}{}\n", norm.type, norm.layer, norm.epsilon,
                        norm.momentum ? fmt::format(", the old statistics weigh {:.6g}", *norm.momentum) : "",
                        norm.uses_batch ? ", normalizes by the batch" : "");
    json["norms"].push_back({{"layer", norm.layer}, {"type", norm.type}, {"epsilon", norm.epsilon}, {"uses_batch", norm.uses_batch}});
  }
  text += fmt::format("{} tensors:\n", model.weights.tensors.size());
  for (const auto& tensor : model.weights.tensors) {
    text += fmt::format("  {:<40} {}\n", tensor.name, shape_text(tensor.shape));
    json["tensors"].push_back({{"name", tensor.name}, {"shape", tensor.shape}});
  }
  print_result(request.json ? json.dump(2) + "\n" : text);
  return 0;
}

}  // namespace

int inspect_command(const InspectRequest& request) {
  const DataFileKind kind = kind_of_file(request.file);
  const bool may_be_model = kind == DataFileKind::kTable || kind == DataFileKind::kSafetensors;
  if (may_be_model && models::is_foreign_model(request.file)) return inspect_model(request);
  if (kind == DataFileKind::kTable) return inspect_table(request);
  return kind == DataFileKind::kSafetensors ? inspect_tensors(request) : inspect_arrays(request, kind);
}

}  // namespace normrun::app
