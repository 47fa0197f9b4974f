#include "report/summary.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "report/csv_table.hpp"
#include "study/plan.hpp"

namespace normrun {
namespace {

/// Which columns of a table are summarized, and which say what a line is about (shown in brackets, pairs joined by ':').
struct Source {
  TableId table;
  std::vector<std::string_view> labels;
  std::vector<std::string_view> metrics;
};

const std::vector<Source>& sources() {
  static const std::vector<Source> list = {
      {TableId::kRuns,
       {},
       {"train_loss", "train_accuracy", "test_loss_eval", "test_accuracy_eval", "test_loss_train", "test_accuracy_train"}},
      {TableId::kCompare,
       {"split", "mode_a", "mode_b", "eval_batch_size"},
       {"max_abs", "mean_abs", "rms", "relative_gap", "rel_l2", "cosine", "kl", "disagreement", "loss_a", "loss_b", "loss_gap",
        "accuracy_a", "accuracy_b", "accuracy_gap"}},
      {TableId::kProbes, {"probe"}, {"value"}},
      {TableId::kLayers, {"layer"}, {"updates", "init_share", "mean_gap", "var_ratio", "dead_channels", "worst_gap"}},
  };
  return list;
}

std::string table_name(TableId id) {
  const std::string file(table(id).file);
  return file.substr(0, file.find('.'));
}

/// The place of a table's own column behind the key columns.
std::size_t column_place(TableId id, std::string_view name, std::size_t keys) {
  const auto& columns = table(id).columns;
  const auto found = std::find_if(columns.begin(), columns.end(), [name](const Column& column) { return column.name == name; });
  return keys + static_cast<std::size_t>(found - columns.begin());
}

struct Setting {
  std::string norm;
  Index batch_size = 0;
  std::vector<std::string> others;
  std::vector<std::string> metrics;                   // in order of appearance
  std::map<std::string, std::vector<double>> values;  // over the seeds
};

class Collector {
 public:
  explicit Collector(std::size_t other_count) : keys_(key_columns().size() + other_count) {}

  void add(const RunRecord& record) {
    for (const Source& source : sources()) {
      const std::string& text = record.lines[static_cast<std::size_t>(source.table)];
      const std::vector<std::vector<std::string>> lines = final_lines(source.table, text);
      for (const auto& fields : lines) add_line(source, fields);
    }
  }
  std::vector<Setting> settings;

 private:
  /// The lines of the last step; every_steps adds earlier ones.
  std::vector<std::vector<std::string>> final_lines(TableId id, const std::string& text) const {
    std::vector<std::vector<std::string>> lines;
    std::size_t start = 0;
    while (start < text.size()) {
      const std::size_t end = text.find('\n', start);
      lines.push_back(split_csv_line(std::string_view(text).substr(start, end - start)));
      start = end + 1;
    }
    if (id == TableId::kRuns || id == TableId::kProbes || lines.empty()) return lines;
    const std::size_t step = column_place(id, "step", keys_);
    const std::string last = lines.back()[step];
    std::erase_if(lines, [&](const auto& fields) { return fields[step] != last; });
    return lines;
  }

  void add_line(const Source& source, const std::vector<std::string>& fields) {
    std::string label;
    for (const std::string_view name : source.labels) {
      const std::string& field = fields[column_place(source.table, name, keys_)];
      label += label.empty() ? field : (name == "mode_b" ? ":" : " ") + field;
    }
    Setting& setting = setting_of(fields);
    for (const std::string_view name : source.metrics) {
      const std::string& field = fields[column_place(source.table, name, keys_)];
      double value = 0.0;
      if (std::from_chars(field.data(), field.data() + field.size(), value).ec != std::errc()) continue;  // not applicable
      const std::string metric = table_name(source.table) + '.' + std::string(name) + (label.empty() ? "" : '[' + label + ']');
      if (!setting.values.contains(metric)) setting.metrics.push_back(metric);
      setting.values[metric].push_back(value);
    }
  }

  Setting& setting_of(const std::vector<std::string>& fields) {
    const std::vector<std::string> others(fields.begin() + static_cast<std::ptrdiff_t>(key_columns().size()),
                                          fields.begin() + static_cast<std::ptrdiff_t>(keys_));
    const Index batch_size = std::stoll(fields[2]);
    std::string place = fields[1] + '\n' + fields[2];
    for (const std::string& other : others) place += '\n' + other;
    const auto [found, is_new] = places_.emplace(place, settings.size());
    if (is_new) settings.push_back({fields[1], batch_size, others, {}, {}});
    return settings[found->second];
  }

  std::size_t keys_;
  std::map<std::string, std::size_t> places_;
};

}  // namespace

std::vector<SummaryRow> summarize_runs(const Experiment& experiment, const std::vector<RunRecord>& records) {
  Collector collector(other_axes(experiment.grid).size());
  for (const RunRecord& record : records) {
    if (record.status == RunStatus::kOk) collector.add(record);
  }
  std::vector<SummaryRow> rows;
  for (const Setting& setting : collector.settings) {
    for (const std::string& metric : setting.metrics) {
      rows.push_back({setting.norm, setting.batch_size, setting.others, metric, summarize(setting.values.at(metric))});
    }
  }
  return rows;
}

std::string summary_csv(const Experiment& experiment, const std::vector<SummaryRow>& rows) {
  std::string text = "norm,batch_size,";
  for (const std::string& axis : other_axes(experiment.grid)) text += csv_field(std::string_view(axis)) + ',';
  text += "metric,n,mean,sd,ci95_low,ci95_high,min,max\n";
  for (const SummaryRow& row : rows) {
    text += csv_field(std::string_view(row.norm)) + ',' + std::to_string(row.batch_size) + ',';
    for (const std::string& other : row.others) text += csv_field(std::string_view(other)) + ',';
    text += csv_field(std::string_view(row.metric)) + ',' + std::to_string(row.summary.n) + ',' + shortest(row.summary.mean);
    for (const double value : {row.summary.sd, row.summary.ci95_low, row.summary.ci95_high}) text += ',' + cell_or_empty(value).field();
    text += ',' + shortest(row.summary.min) + ',' + shortest(row.summary.max) + '\n';
  }
  return text;
}

}  // namespace normrun
