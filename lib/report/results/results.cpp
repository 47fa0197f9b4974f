#include "report/results/results.hpp"

#include <algorithm>
#include <deque>
#include <tuple>
#include <utility>

#include "files/atomic_file.hpp"
#include "files/checksum.hpp"
#include "nlohmann/json.hpp"
#include "report/results/summary.hpp"
#include "study/plan.hpp"

namespace normrun::report {
namespace {

using nlohmann::ordered_json;

bool is_written(const tables::Table& table, const study::Experiment& experiment) {
  if (table.id == tables::TableId::kOutputs) return experiment.base.compare.outputs > 0;
  if (table.id == tables::TableId::kProbes) return !experiment.base.probes.empty();
  return true;
}

ordered_json fields_of(const std::vector<tables::Column>& columns) {
  ordered_json fields = ordered_json::array();
  for (const tables::Column& column : columns) {
    fields.push_back({{"name", column.name}, {"type", column.type}, {"description", column.doc}});
  }
  return fields;
}

void append(ordered_json& fields, const ordered_json& more) {
  for (const ordered_json& field : more) fields.push_back(field);
}

ordered_json swept_fields(const std::vector<tables::Column>& own, const config::Grid& grid) {
  ordered_json fields = ordered_json::array();
  for (const std::string& name : study::swept_columns(own, grid))
    fields.push_back({{"name", name}, {"type", "any"}, {"description", "swept"}});
  return fields;
}

ordered_json resource(const std::string& file, const std::string& doc, const ordered_json& fields) {
  return {{"name", file.substr(0, file.find('.'))},
          {"path", file},
          {"description", doc},
          {"format", "csv"},
          {"mediatype", "text/csv"},
          {"encoding", "utf-8"},
          {"profile", "tabular-data-resource"},
          {"schema", {{"fields", fields}, {"missingValues", {""}}}}};
}

std::string datapackage_text(const study::Experiment& experiment) {
  ordered_json resources = ordered_json::array();
  for (const tables::Table& table : tables::tables()) {
    if (!is_written(table, experiment)) continue;
    ordered_json fields = fields_of(tables::key_columns());
    append(fields, swept_fields(table.columns, experiment.grid));
    append(fields, fields_of(table.columns));
    resources.push_back(resource(std::string(table.file), std::string(table.doc), fields));
  }
  ordered_json fields = fields_of({tables::key_columns()[1], tables::key_columns()[2]});
  append(fields, swept_fields(summary_columns(), experiment.grid));
  append(fields, fields_of(summary_columns()));
  resources.push_back(resource("summary.csv", "one row per setting and metric: the final state over the seeds", fields));
  std::string name = experiment.base.name;
  for (char& c : name) c = (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  for (char& c : name) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (!allowed) c = '-';
  }
  const ordered_json package = {
      {"profile", "tabular-data-package"}, {"name", name}, {"description", experiment.base.description}, {"resources", resources}};
  return package.dump(2) + "\n";
}

/// Lists the digests of all data sets.  Above kListed data sets, the list would dominate the manifest: it then holds their number and one
/// digest over all of them.
ordered_json data_digests(const sweep::RecordIndex& records) {
  constexpr std::size_t kListed = 1000;
  const std::vector<sweep::DigestBytes>& digests = records.data_digests();
  ordered_json list = ordered_json::array();
  files::Digest all;
  for (const sweep::DigestBytes& digest : digests) {
    if (digests.size() <= kListed) list.push_back(sweep::digest_text(digest));
    all.add(sweep::digest_text(digest));
  }
  if (digests.size() > kListed) list = {std::to_string(digests.size()) + " data sets", all.hex()};
  return list;
}

std::string manifest_text(const study::Experiment& experiment, const sweep::RecordIndex& records, const ProgramInfo& program) {
  ordered_json files = ordered_json::array();
  for (const tables::Table& table : tables::tables()) {
    if (is_written(table, experiment)) files.push_back(table.file);
  }
  files.push_back("summary.csv");
  ordered_json seeds = ordered_json::array({experiment.base.seed});
  const ordered_json grid = ordered_json::parse(study::grid_text(experiment.grid));
  if (grid.contains("seed")) seeds = grid["seed"];
  ordered_json manifest = {
      {"program", "normrun"},
      {"version", program.version},
      {"revision", program.revision},
      {"compiler", program.compiler},
      {"instruction_set", program.instruction_set},
      {"table_format", tables::kTableFormatVersion},
      {"floating_point", "IEEE 754, no contraction but explicit fma; denormal numbers are flushed to zero while runs execute"},
      {"config_digest", experiment.digest()},
      {"data_digests", data_digests(records)},
      {"seeds", seeds},
      {"runs_planned", records.planned()},
      {"runs_finished", records.finished()},
      {"tables", files},
  };
  if (experiment.example) manifest["example_shape"] = experiment.example->dims();
  return manifest.dump(2) + "\n";
}

/// Writes all tables in one pass over the runs.
void write_tables(const study::Experiment& experiment, const sweep::RecordIndex& records, const std::string& folder) {
  std::deque<std::pair<tables::TableId, files::AtomicFile>> files;  // a deque, because an AtomicFile cannot be moved
  for (const tables::Table& table : tables::tables()) {
    if (!is_written(table, experiment)) continue;
    files.emplace_back(std::piecewise_construct, std::tuple(table.id), std::tuple(folder + "/" + std::string(table.file)));
    files.back().second.write(header_line(table, experiment.grid));
  }
  for (std::int64_t run = 0; run < records.planned(); ++run) {
    if (!records.contains(run)) continue;
    const tables::RunRecord record = records.read(run);
    for (auto& [table, file] : files) file.write(record.lines[static_cast<std::size_t>(table)]);
  }
  for (auto& [table, file] : files) file.commit();
}

std::vector<SummaryRow> write_summary(const study::Experiment& experiment, const sweep::RecordIndex& records, const std::string& folder) {
  constexpr std::size_t kReturnedRows = 20'000;
  std::vector<SummaryRow> rows;
  files::AtomicFile file(folder + "/summary.csv");
  file.write(summary_header(experiment.grid));
  summarize_runs(experiment, records, [&](const SummaryRow& row) {
    file.write(summary_line(row));
    if (rows.size() < kReturnedRows) rows.push_back(row);
  });
  file.commit();
  return rows;
}

}  // namespace

std::string header_line(const tables::Table& table, const config::Grid& grid) {
  std::string line = tables::joined_names(tables::key_columns()) + ',';
  for (const std::string& name : study::swept_columns(table.columns, grid)) line += tables::csv_field(std::string_view(name)) + ',';
  return line + tables::joined_names(table.columns) + '\n';
}

std::vector<SummaryRow> write_results(const study::Experiment& experiment, const sweep::RecordIndex& records, const ProgramInfo& program,
                                      const std::string& folder) {
  write_tables(experiment, records, folder);
  std::vector<SummaryRow> summary = write_summary(experiment, records, folder);
  files::write_file(folder + "/datapackage.json", datapackage_text(experiment));
  write_manifest(experiment, records, program, folder);
  return summary;
}

void write_manifest(const study::Experiment& experiment, const sweep::RecordIndex& records, const ProgramInfo& program,
                    const std::string& folder) {
  files::write_file(folder + "/manifest.json", manifest_text(experiment, records, program));
}

}  // namespace normrun::report
