#include <algorithm>
#include <optional>

#include "commands.hpp"
#include "compare/modes.hpp"
#include "files/atomic_file.hpp"
#include "output_folder.hpp"
#include "report/results/empty_comparisons.hpp"
#include "report/results/results.hpp"
#include "study/compare_checkpoint.hpp"

namespace normrun::app {
namespace {

std::pair<std::string, std::string> read_pair(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::vector<std::string_view> names = compare::comparison_mode_names();
  const auto known = [&names](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  const std::string a = text.substr(0, colon);
  const std::string b = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (known(a) && known(b)) return {a, b};
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

}  // namespace

int compare_command(const CompareRequest& request) {
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
