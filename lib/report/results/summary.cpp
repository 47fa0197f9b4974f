#include "report/results/summary.hpp"

#include <optional>
#include <unordered_map>

#include "study/plan.hpp"
#include "tables/run_rows.hpp"

namespace normrun::report {
namespace {

/// The columns of a table that are summarized, and the columns that identify a line.  A metric's name ends with the values of the
/// identifying columns in brackets; the two modes of a pair are joined by ':'.
struct Source {
  tables::TableId table;
  std::vector<std::string_view> labels;
  std::vector<std::string_view> metrics;
  std::string_view name = {};  // the column that holds the metric's name; "": the name is that of the summarized column
  std::string_view part = {};  // lines with a value in this column are about only some of the rows, so they are left out
};

const std::vector<Source>& sources() {
  static const std::vector<Source> list = {
      {tables::TableId::kRuns,
       {},
       {"train_loss", "train_accuracy", "test_loss_eval", "test_accuracy_eval", "test_loss_train", "test_accuracy_train", "relative_gap"}},
      {tables::TableId::kCompare,
       {"split", "mode_a", "mode_b", "eval_batch_size"},
       {"max_abs", "mean_abs", "rms", "relative_gap", "rel_l2", "cosine", "kl", "disagreement", "loss_a", "loss_b", "loss_gap",
        "accuracy_a", "accuracy_b", "accuracy_gap"}},
      {.table = tables::TableId::kScores,
       .labels = {"split", "mode", "eval_batch_size"},
       .metrics = {"value"},
       .name = "metric",
       .part = "target"},
      {tables::TableId::kProbes, {"probe", "layer"}, {"value"}},
      {tables::TableId::kLayers,
       {"layer"},
       {"updates", "init_share", "mean_gap", "var_ratio", "dead_channels", "worst_gap", "relative_gap"}},
  };
  return list;
}

std::string table_name(tables::TableId id) {
  const std::string file(tables::table(id).file);
  return file.substr(0, file.find('.'));
}

/// The metrics of one setting, in the order in which they appear.
struct SettingSummary {
  SummaryRow row;  // only identifies the setting: its metric and summary stay empty
  std::vector<std::string> metrics;
  std::unordered_map<std::string, tables::StreamedSummary> values;  // for each metric, its values over the seeds
};

/// A standard deviation needs the mean first.  So every record of a setting is read twice: first for kSums, then for kDeviations.
enum class Pass { kSums, kDeviations };

void add_row(const Source& source, const tables::RunRows& run, const tables::RunRows::Row& row, Pass pass, SettingSummary& setting) {
  if (!source.part.empty() && !run.text(row, source.part).empty()) return;
  std::string label;
  for (const std::string_view name : source.labels) {
    const std::string& field = run.text(row, name);
    if (field.empty() && source.table != tables::TableId::kCompare) continue;  // eval mode has no batch size, a network's probe no layer
    label += label.empty() ? field : (name == "mode_b" ? ":" : " ") + field;
  }
  for (const std::string_view name : source.metrics) {
    const std::optional<double> value = tables::find_number(run.text(row, name));
    if (!value) continue;  // this line has no value of the metric
    const std::string own = source.name.empty() ? std::string(name) : run.text(row, source.name);
    const std::string metric = table_name(source.table) + '.' + own + (label.empty() ? "" : '[' + label + ']');
    const auto [known, is_new] = setting.values.try_emplace(metric);
    if (is_new) setting.metrics.push_back(metric);
    if (pass == Pass::kSums) known->second.add(*value);
    if (pass == Pass::kDeviations) known->second.add_deviation(*value);
  }
}

/// Adds the final state of a run.
void add_run(const tables::RunRecord& record, Pass pass, SettingSummary& setting) {
  for (const Source& source : sources()) {
    const tables::RunRows run(record, source.table);
    if (run.rows().empty()) continue;
    setting.row.norm = run.norm();
    setting.row.batch_size = run.batch_size();
    setting.row.others = run.other_values();
    for (const tables::RunRows::Row* row : run.final_rows()) add_row(source, run, *row, pass, setting);
  }
}

/// The plan as a list of settings: all axes but the seed, in the plan's order, with the runs of each setting.
class Settings {
 public:
  explicit Settings(const config::Grid& grid) : runs_(grid.size()) {
    for (std::size_t a = 0; a < grid.axes().size(); ++a) {
      if (grid.axes()[a].key != "seed") continue;
      seeds_ = static_cast<std::int64_t>(grid.axes()[a].values.size());
      stride_ = grid.stride(a);
    }
  }
  std::int64_t count() const { return runs_ / seeds_; }
  std::int64_t seeds() const { return seeds_; }
  /// Returns the number of a run in the plan, in which the last axis changes fastest.
  std::int64_t run(std::int64_t setting, std::int64_t seed) const {
    return (setting / stride_ * seeds_ + seed) * stride_ + setting % stride_;
  }

 private:
  std::int64_t runs_;
  std::int64_t seeds_ = 1;
  std::int64_t stride_ = 1;  // how many runs of the plan lie between two neighbouring seeds
};

}  // namespace

void summarize_runs(const study::Experiment& experiment, const sweep::RecordIndex& records,
                    const std::function<void(const SummaryRow&)>& take) {
  const Settings settings(experiment.grid);
  for (std::int64_t s = 0; s < settings.count(); ++s) {
    SettingSummary setting;
    for (const Pass pass : {Pass::kSums, Pass::kDeviations}) {
      for (std::int64_t seed = 0; seed < settings.seeds(); ++seed) {
        const std::int64_t run = settings.run(s, seed);
        if (records.contains(run) && records.status(run) == tables::RunStatus::kOk) add_run(records.read(run), pass, setting);
      }
    }
    for (const std::string& metric : setting.metrics) {
      setting.row.metric = metric;
      setting.row.summary = setting.values.at(metric).summary();
      take(setting.row);
    }
  }
}

const std::vector<tables::Column>& summary_columns() {
  static const std::vector<tables::Column> columns = {
      {"metric", "string", "table.column, and in brackets which of the run's lines"},
      {"n", "integer", "how many seeds"},
      {"mean", "number", "over the seeds"},
      {"sd", "number", "standard deviation over the seeds (ddof 1); empty for one seed"},
      {"ci95_low", "number", "95 % t interval of the mean"},
      {"ci95_high", "number", "95 % t interval of the mean"},
      {"min", "number", "over the seeds"},
      {"max", "number", "over the seeds"},
  };
  return columns;
}

std::string summary_header(const config::Grid& grid) {
  std::string text = "norm,batch_size,";
  for (const std::string& axis : study::other_axes(grid)) text += tables::csv_field(std::string_view(axis)) + ',';
  return text + tables::joined_names(summary_columns()) + '\n';
}

std::string summary_line(const SummaryRow& row) {
  std::string text = tables::csv_field(std::string_view(row.norm)) + ',' + std::to_string(row.batch_size) + ',';
  for (const std::string& other : row.others) text += tables::csv_field(std::string_view(other)) + ',';
  const tables::SampleSummary& summary = row.summary;
  return text +
         tables::joined_fields(summary_columns(), {{"metric", row.metric},
                                                   {"n", static_cast<Index>(summary.n)},
                                                   {"mean", summary.mean},
                                                   {"sd", tables::cell_or_empty(summary.sd)},
                                                   {"ci95_low", tables::cell_or_empty(summary.ci95_low)},
                                                   {"ci95_high", tables::cell_or_empty(summary.ci95_high)},
                                                   {"min", summary.min},
                                                   {"max", summary.max}}) +
         '\n';
}

}  // namespace normrun::report
