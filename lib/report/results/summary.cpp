#include "report/results/summary.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "study/plan.hpp"
#include "tables/csv_table.hpp"

namespace normrun::report {
namespace {

/// The columns of a table that are summarized, and the columns that identify a line.  The identifying values stand in brackets, and the two
/// of a pair are joined by ':'.
struct Source {
  tables::TableId table;
  std::vector<std::string_view> labels;
  std::vector<std::string_view> metrics;
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
      {tables::TableId::kProbes, {"probe"}, {"value"}},
      {tables::TableId::kLayers, {"layer"}, {"updates", "init_share", "mean_gap", "var_ratio", "dead_channels", "worst_gap"}},
  };
  return list;
}

std::string table_name(tables::TableId id) {
  const std::string file(tables::table(id).file);
  return file.substr(0, file.find('.'));
}

/// Returns the place of a table's own column in a line, where the key columns come first.
std::size_t column_place(tables::TableId id, std::string_view name, std::size_t keys) { return keys + tables::own_place(id, name); }

/// The metrics of one setting, in order of appearance.
struct SettingSummary {
  SummaryRow row;  // identifies the setting; its metric and summary stay empty
  std::vector<std::string> metrics;
  std::unordered_map<std::string, tables::StreamedSummary> values;  // over the seeds
};

/// A standard deviation needs the mean first, so every record of a setting is read twice: for kSums, then for kDeviations.
enum class Pass { kSums, kDeviations };

class Collector {
 public:
  explicit Collector(std::size_t other_count) : keys_(tables::key_columns().size() + other_count) {}

  void add(const tables::RunRecord& record, Pass pass, SettingSummary& setting) const {
    for (const Source& source : sources()) {
      const std::string& text = record.lines[static_cast<std::size_t>(source.table)];
      const std::vector<std::vector<std::string>> lines = final_lines(source.table, text);
      for (const auto& fields : lines) add_line(source, fields, pass, setting);
    }
  }

 private:
  /// Returns the lines of the last step.  With every_steps, a table also holds earlier ones.
  std::vector<std::vector<std::string>> final_lines(tables::TableId id, const std::string& text) const {
    std::vector<std::vector<std::string>> lines;
    std::size_t start = 0;
    while (start < text.size()) {
      const std::size_t end = text.find('\n', start);
      lines.push_back(tables::split_csv_line(std::string_view(text).substr(start, end - start)));
      start = end + 1;
    }
    if (id == tables::TableId::kRuns || id == tables::TableId::kProbes || lines.empty()) return lines;
    const std::size_t step = column_place(id, "step", keys_);
    const std::string last = lines.back()[step];
    std::erase_if(lines, [&](const auto& fields) { return fields[step] != last; });
    return lines;
  }

  void add_line(const Source& source, const std::vector<std::string>& fields, Pass pass, SettingSummary& setting) const {
    std::string label;
    for (const std::string_view name : source.labels) {
      const std::string& field = fields[column_place(source.table, name, keys_)];
      label += label.empty() ? field : (name == "mode_b" ? ":" : " ") + field;
    }
    if (setting.row.norm.empty()) name(setting.row, fields);
    for (const std::string_view name : source.metrics) {
      const std::string& field = fields[column_place(source.table, name, keys_)];
      double value = 0.0;
      if (std::from_chars(field.data(), field.data() + field.size(), value).ec != std::errc()) continue;  // the metric does not apply here
      const std::string metric = table_name(source.table) + '.' + std::string(name) + (label.empty() ? "" : '[' + label + ']');
      const auto [known, is_new] = setting.values.try_emplace(metric);
      if (is_new) setting.metrics.push_back(metric);
      if (pass == Pass::kSums) known->second.add(value);
      if (pass == Pass::kDeviations) known->second.add_deviation(value);
    }
  }

  void name(SummaryRow& row, const std::vector<std::string>& fields) const {
    row.norm = fields[1];
    row.batch_size = std::stoll(fields[2]);
    row.others.assign(fields.begin() + static_cast<std::ptrdiff_t>(tables::key_columns().size()),
                      fields.begin() + static_cast<std::ptrdiff_t>(keys_));
  }

  std::size_t keys_;
};

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
  /// Returns a run's number, which counts the slower axes first, then the seed, then the faster axes.
  std::int64_t run(std::int64_t setting, std::int64_t seed) const {
    return (setting / stride_ * seeds_ + seed) * stride_ + setting % stride_;
  }

 private:
  std::int64_t runs_;
  std::int64_t seeds_ = 1;
  std::int64_t stride_ = 1;  // of the seed axis: the number of points of the faster axes
};

}  // namespace

void summarize_runs(const study::Experiment& experiment, const sweep::RecordIndex& records,
                    const std::function<void(const SummaryRow&)>& take) {
  const Collector collector(study::other_axes(experiment.grid).size());
  const Settings settings(experiment.grid);
  for (std::int64_t s = 0; s < settings.count(); ++s) {
    SettingSummary setting;
    for (const Pass pass : {Pass::kSums, Pass::kDeviations}) {
      for (std::int64_t seed = 0; seed < settings.seeds(); ++seed) {
        const std::int64_t run = settings.run(s, seed);
        if (records.contains(run) && records.status(run) == tables::RunStatus::kOk) collector.add(records.read(run), pass, setting);
      }
    }
    for (const std::string& metric : setting.metrics) {
      setting.row.metric = metric;
      setting.row.summary = setting.values.at(metric).summary();
      take(setting.row);
    }
  }
}

std::string summary_header(const config::Grid& grid) {
  std::string text = "norm,batch_size,";
  for (const std::string& axis : study::other_axes(grid)) text += tables::csv_field(std::string_view(axis)) + ',';
  return text + "metric,n,mean,sd,ci95_low,ci95_high,min,max\n";
}

std::string summary_line(const SummaryRow& row) {
  std::string text = tables::csv_field(std::string_view(row.norm)) + ',' + std::to_string(row.batch_size) + ',';
  for (const std::string& other : row.others) text += tables::csv_field(std::string_view(other)) + ',';
  text += tables::csv_field(std::string_view(row.metric)) + ',' + std::to_string(row.summary.n) + ',' + tables::shortest(row.summary.mean);
  for (const double value : {row.summary.sd, row.summary.ci95_low, row.summary.ci95_high})
    text += ',' + tables::cell_or_empty(value).field();
  return text + ',' + tables::shortest(row.summary.min) + ',' + tables::shortest(row.summary.max) + '\n';
}

}  // namespace normrun::report
