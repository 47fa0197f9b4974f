#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "commands.hpp"
#include "compare/modes.hpp"
#include "files/atomic_file.hpp"
#include "fmt/format.h"
#include "output_folder.hpp"
#include "report/results/empty_comparisons.hpp"
#include "report/results/results.hpp"
#include "study/compare_checkpoint.hpp"
#include "study/model_diff.hpp"

namespace normrun::app {
namespace {

std::pair<std::string, std::string> read_pair(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::vector<std::string_view> names = compare::comparison_mode_names();
  const std::string a = text.substr(0, colon);
  const std::string b = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (compare::is_comparison_mode(a) && compare::is_comparison_mode(b)) return {a, b};
  std::string list;
  for (const std::string_view name : names) list += (list.empty() ? "" : ", ") + std::string(name);
  throw Error(ExitCode::kUsage, {"--pairs", "expected two modes as in train:eval, got \"" + text + "\"", "the modes are " + list});
}

std::optional<OutputFolder> folder_of(const CompareRequest& request) {
  if (request.out.empty()) return std::nullopt;
  return std::optional<OutputFolder>(std::in_place, request.out, Existing::kRefuse, "choose another --out");
}

/// Writes a file for every table that has lines.
void write_tables(const tables::RunRecord& record, const OutputFolder& folder) {
  for (const tables::Table& table : tables::tables()) {
    const std::string& lines = record.lines[static_cast<std::size_t>(table.id)];
    if (!lines.empty())
      files::write_file(folder.path() + "/" + std::string(table.file), report::header_line(table, config::Grid()) + lines);
  }
}

std::string diff_text(const study::ModelDiff& diff) {
  constexpr std::size_t kShown = 40;
  std::string text = diff.words() + ".\n";
  text += fmt::format("weights that differ: {} of {}; statistics that differ: {} of {}\n", diff.different_weights(), diff.weights,
                      diff.different_statistics(), diff.statistics);
  for (const std::string& name : diff.only_in_first) text += "only in the first: " + name + "\n";
  for (const std::string& name : diff.only_in_second) text += "only in the second: " + name + "\n";
  for (const std::string& name : diff.misshaped) text += "of different shapes: " + name + "\n";
  for (const std::string& option : diff.options) text += option + "\n";
  for (std::size_t i = 0; i < std::min(diff.tensors.size(), kShown); ++i) {
    const study::DifferentTensor& one = diff.tensors[i];
    text += fmt::format("{}: by {:.4g} at most, {:.4g} of its size\n", one.name, one.largest, one.relative);
  }
  if (diff.tensors.size() > kShown) text += fmt::format("and {} more tensors\n", diff.tensors.size() - kShown);
  return text;
}

std::string diff_json(const study::ModelDiff& diff) {
  nlohmann::ordered_json json = {{"equal", diff.are_equal()},
                                 {"finding", diff.words()},
                                 {"only_in_first", diff.only_in_first},
                                 {"only_in_second", diff.only_in_second},
                                 {"misshaped", diff.misshaped},
                                 {"options", diff.options},
                                 {"tensors", nlohmann::ordered_json::array()}};
  for (const study::DifferentTensor& one : diff.tensors) {
    json["tensors"].push_back(
        {{"name", one.name}, {"kind", one.is_statistic ? "statistic" : "weight"}, {"largest", one.largest}, {"relative", one.relative}});
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

int compare_files(const CompareRequest& request) {
  if (request.models.size() != 2) refuse_usage("compare", "one file alone cannot be compared", "name two files, or give --checkpoint");
  const study::ModelDiff diff = study::compare_models(request.models[0], request.models[1]);
  print_result(request.json ? diff_json(diff) : diff_text(diff));
  return 0;
}

}  // namespace

int compare_command(const CompareRequest& request) {
  if (!request.models.empty() && !request.checkpoint.empty())
    refuse_usage("--checkpoint", "two files are compared with each other, and not a checkpoint's modes", "leave one of them out");
  if (!request.models.empty()) return compare_files(request);
  if (request.checkpoint.empty()) refuse_usage("compare", "nothing to compare", "give --checkpoint FILE, or two files of one model");
  study::CheckpointComparison comparison{.checkpoint = request.checkpoint,
                                         .data = request.data,
                                         .network = request.network,
                                         .pairs = {},
                                         .eval_batch_sizes = request.eval_batch_sizes,
                                         .splits = request.splits,
                                         .diagnoses = !request.out.empty()};
  for (const std::string& pair : request.pairs) comparison.pairs.push_back(read_pair(pair));
  // Makes the folder before the work, so that the user learns at once if it cannot be written to.
  const std::optional<OutputFolder> folder = folder_of(request);
  const auto [record, divergence, warnings] = study::compare_checkpoint(comparison);
  if (folder) write_tables(record, *folder);
  const std::string csv = report::header_line(tables::table(tables::TableId::kCompare), config::Grid()) +
                          record.lines[static_cast<std::size_t>(tables::TableId::kCompare)];
  print_result(request.json ? csv_to_json(csv) : csv);
  compare::CompareOptions asked;
  asked.splits = request.splits;
  report::EmptyComparisons empty;
  empty.add(record, asked);
  for (const std::string& warning : empty.warnings()) log_warning(warning);
  for (const std::string& warning : warnings) log_warning(warning);
  if (divergence.empty()) return 0;
  log_error(Problem{request.checkpoint, divergence, ""});
  return static_cast<int>(ExitCode::kRunsFailed);
}

}  // namespace normrun::app
