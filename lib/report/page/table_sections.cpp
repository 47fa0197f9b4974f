#include "report/page/table_sections.hpp"

#include <algorithm>
#include <cmath>

#include "fmt/format.h"
#include "report/advice/advice_facts.hpp"
#include "report/draw/elements.hpp"
#include "report/draw/text.hpp"
#include "report/figures/figures.hpp"
#include "tables/record.hpp"

namespace normrun::report {
namespace {

DataTable settings_table(const ResultsFolder& results) {
  const std::vector<SettingFacts> facts = collect_facts(results);
  std::vector<std::string> modes;
  bool has_accuracy = false;
  for (const SettingFacts& own : facts) {
    for (const auto& [mode, score] : own.modes) {
      append_new(modes, mode);
      has_accuracy = has_accuracy || !std::isnan(score.accuracy);
    }
  }
  DataTable table{{"norm", "setting", "batch_size", "train_eval_gap"}, {}};
  for (const std::string& mode : modes) table.header.push_back((has_accuracy ? "accuracy " : "loss ") + mode);
  for (const SettingFacts& own : facts) {
    table.rows.push_back(
        {own.setting.norm, own.setting.others, std::to_string(own.setting.batch_size), tables::cell_or_empty(own.gap).field()});
    for (const std::string& mode : modes) {
      const auto found = own.modes.find(mode);
      const double value = found == own.modes.end() ? std::nan("") : has_accuracy ? found->second.accuracy : found->second.loss;
      table.rows.back().push_back(tables::cell_or_empty(value).field());
    }
  }
  return table;
}

std::string file_table(const ResultsFolder& results, const tables::Table& table) {
  tables::RunRows runs = results.runs_of(table.id);
  DataTable data{runs.header(), {}};
  std::size_t all = 0;
  while (runs.next()) {
    for (const tables::RunRows::Row& row : runs.rows()) {
      if (all++ < kMostTableRows) data.rows.push_back(row);
    }
  }
  if (all == 0) return "";
  return fmt::format("<details><summary><strong>{0}</strong> <span class=\"soft\">{1}</span></summary>\n{2}</details>\n", table.file,
                     escaped(table.doc), table_element(std::string(table.file), std::string(table.file), data, all));
}

}  // namespace

std::string tables_section(const ResultsFolder& results, PageParts& parts) {
  const DataTable settings = settings_table(results);
  std::string text =
      "<section aria-labelledby=\"tables\"><h2 id=\"tables\">Tables</h2>\n"
      "<p class=\"soft\">Means over the seeds of each setting; below, the files beside this report.</p>\n";
  text += table_element("Settings", "settings.csv", settings, settings.rows.size());
  for (const tables::Table& table : tables::tables()) {
    const bool is_bulky = table.id == tables::TableId::kChannels || table.id == tables::TableId::kOutputs ||
                          table.id == tables::TableId::kClasses || table.id == tables::TableId::kScores;
    if (table.id == tables::TableId::kTiming || is_bulky) continue;
    text += parts.drawn("the table " + std::string(table.file), [&] { return file_table(results, table); });
  }
  return text + "</section>\n";
}

}  // namespace normrun::report
