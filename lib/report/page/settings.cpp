#include "report/page/settings.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "fmt/format.h"
#include "report/advice/advice_words.hpp"
#include "report/draw/elements.hpp"
#include "report/draw/text.hpp"
#include "report/figures/figures.hpp"
#include "report/results/words.hpp"
#include "tables/record.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kMostDetails = 40;
constexpr std::size_t kMostFailures = 10;

bool is_told(const ToldFinding& finding) { return finding.finding != "nothing-found"; }

/// Returns a finding as people read it.
std::string verdict_of(const std::string& finding) {
  static const std::map<std::string, std::string> words = {{"statistics-wrong", "eval mode's statistics are wrong"},
                                                           {"weights-need-batch-statistics", "the weights need batch statistics"},
                                                           {"training-harmed", "the training was harmed"},
                                                           {"rows-shifted", "the rows are shifted"},
                                                           {"rows-shifted-harmless", "the rows are shifted, without harm"},
                                                           {"norm-on-output", "a normalization is the last layer"},
                                                           {"train-mode-noisy", "train mode is noisy; eval mode is right"},
                                                           {"lint", "worth a look"},
                                                           {"nothing-found", "nothing found"}};
  const auto found = words.find(finding);
  return found == words.end() ? spoken_word(finding) : found->second;
}

std::string effect_text(const ToldFinding& finding, double value) {
  if (std::isnan(value)) return "";
  return finding.metric == "accuracy" ? score(value) : shown(value);
}

std::string interval_text(const ToldFinding& finding) {
  if (std::isnan(finding.low) || std::isnan(finding.high)) return "";
  return effect_text(finding, finding.low) + " to " + effect_text(finding, finding.high);
}

/// Returns the sort key of a setting: the size() of its worst finding.  The gap decides between settings with equal findings.
double weight_of(const PageSetting& one) {
  double most = 0.0;
  for (const ToldFinding& finding : one.diagnosis.findings) {
    if (is_told(finding) && finding.finding != "lint") most = std::max(most, finding.size());
  }
  const double gap = std::isnan(one.facts.gap) ? 0.0 : one.facts.gap;
  return 1e3 * most + gap;
}

/// Returns the table without the columns that are empty in every row.
DataTable without_empty_columns(DataTable table) {
  for (std::size_t column = table.header.size(); column-- > 0;) {
    if (std::any_of(table.rows.begin(), table.rows.end(), [&](const auto& row) { return !row[column].empty(); })) continue;
    table.header.erase(table.header.begin() + static_cast<std::ptrdiff_t>(column));
    for (auto& row : table.rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(column));
  }
  return table;
}

DataTable findings_table(const PageSetting& one, const LayerNames& layers) {
  DataTable table{{"verdict", "cause", "costs", "95 % interval", "metric", "where", "channels"}, {}};
  for (const ToldFinding& finding : one.diagnosis.findings) {
    table.rows.push_back({verdict_of(finding.finding), spoken_word(diagnosis::cause_text(finding.cause)),
                          effect_text(finding, finding.effect.mean), interval_text(finding), finding.metric,
                          finding.layer.empty() ? "" : layers.spoken(finding.layer), finding.channels});
  }
  return without_empty_columns(std::move(table));
}

DataTable remedies_table(const PageSetting& one) {
  DataTable table{{"what was tried", "loss before", "loss after", "accuracy before", "accuracy after", "verdict"}, {}};
  for (const ToldRemedy& remedy : one.diagnosis.remedies) {
    const std::string verdict = remedy.is_arm           ? "compared"
                                : remedy.worse > 0      ? fmt::format("worse in {} of {} runs", remedy.worse, remedy.runs)
                                : remedy.confirmed == 0 ? "not confirmed"
                                                        : fmt::format("confirmed in {} of {} runs", remedy.confirmed, remedy.runs);
    const auto accuracy = [](double value) { return std::isnan(value) ? "" : score(value); };
    table.rows.push_back({spoken_word(remedy.remedy), shown(remedy.loss_before), shown(remedy.loss_after), accuracy(remedy.accuracy_before),
                          accuracy(remedy.accuracy_after), verdict});
  }
  return without_empty_columns(std::move(table));
}

std::string details_element(const PageSetting& one, const LayerNames& layers) {
  const DataTable findings = findings_table(one, layers);
  const DataTable remedies = remedies_table(one);
  const auto told = std::find_if(one.diagnosis.findings.begin(), one.diagnosis.findings.end(), is_told);
  std::string text = fmt::format("<details class=\"setting\" id=\"{}\"><summary>{}: {}</summary><div>\n", one.id, escaped(one.name),
                                 escaped(verdict_of(told->finding)));
  text += table_element("What was found, " + one.name, findings, findings.rows.size());
  if (!remedies.rows.empty()) {
    text += "<p class=\"soft\">What was tried, on the same rows, means over the runs:</p>\n" +
            table_element("What was tried, " + one.name, remedies, remedies.rows.size());
  }
  return text + "</div></details>\n";
}

struct SettingsTable {
  DataTable table;
  std::vector<Unit> units;
};

SettingsTable settings_table(const std::vector<const PageSetting*>& settings) {
  std::vector<std::string> modes;
  bool has_accuracy = false;
  for (const PageSetting* one : settings) {
    for (const auto& [mode, of] : one->facts.modes) {
      append_new(modes, mode);
      has_accuracy = has_accuracy || !std::isnan(of.accuracy);
    }
  }
  SettingsTable result{{{"setting", "gap"}, {}}, {Unit::kNumber, Unit::kShare}};
  for (const std::string& mode : modes) {
    result.table.header.push_back((has_accuracy ? "accuracy, " : "loss, ") + spoken_mode(mode));
    result.units.push_back(has_accuracy ? Unit::kScore : Unit::kNumber);
  }
  result.table.header.insert(result.table.header.end(), {"verdict on eval mode", "cause"});
  for (const PageSetting* one : settings) {
    std::vector<std::string> row = {one->name, tables::cell_or_empty(one->facts.gap).field()};
    for (const std::string& mode : modes) {
      const auto found = one->facts.modes.find(mode);
      const double value = found == one->facts.modes.end() ? std::nan("") : has_accuracy ? found->second.accuracy : found->second.loss;
      row.push_back(tables::cell_or_empty(value).field());
    }
    const std::vector<ToldFinding>& findings = one->diagnosis.findings;
    row.push_back(findings.empty() ? (std::isnan(one->facts.gap) ? "not compared" : "not diagnosed")
                                   : verdict_of(findings.front().finding));
    row.push_back(findings.empty() ? "" : spoken_word(diagnosis::cause_text(findings.front().cause)));
    result.table.rows.push_back(std::move(row));
  }
  result.table = without_empty_columns(std::move(result.table));  // the scores' columns, which have units, are never empty
  return result;
}

void take_runs(const ResultsFolder& results, PageSettings& settings) {
  std::set<std::string> seeds;
  std::set<std::string> known;
  for (const PageSetting& one : settings.all) {
    if (!std::isnan(one.facts.gap)) known.insert(one.name);
  }
  tables::RunRows runs = results.runs_of(tables::TableId::kRuns);
  while (runs.next()) {
    const tables::RunRows::Row& row = runs.rows().front();
    const std::string name = spoken_setting(setting_of(runs));
    seeds.insert(runs.seed());
    ++settings.runs;
    if (runs.text(row, "status") == "ok") {
      ++settings.finished;
      if (known.insert(name).second) settings.not_compared.push_back(name);
    } else if (settings.failures.size() < kMostFailures) {
      settings.failures.push_back(fmt::format("{}, seed {} {}: {}", name, runs.seed(), runs.text(row, "status"), runs.text(row, "error")));
    }
  }
  settings.seeds = seeds.size();
}

}  // namespace

const PageSetting* PageSettings::find(const std::string& name) const {
  const auto found = std::find_if(all.begin(), all.end(), [&](const PageSetting& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

PageSettings page_settings(const ResultsFolder& results) {
  PageSettings settings;
  std::map<tables::Setting, std::size_t> places;
  const std::vector<SettingFacts> all_facts = collect_facts(results);
  settings.all.reserve(all_facts.size());
  for (const SettingFacts& facts : all_facts) {
    places.emplace(facts.setting, settings.all.size());
    settings.all.push_back({.name = spoken_setting(facts.setting), .id = "", .facts = facts, .diagnosis = {}});
  }
  for (SettingDiagnosis& diagnosis : collect_diagnoses(results, all_facts, results.split())) {
    const auto found = places.find(diagnosis.setting);
    if (found != places.end()) settings.all[found->second].diagnosis = std::move(diagnosis);
  }
  take_runs(results, settings);
  std::vector<PageSetting*> told;
  for (PageSetting& one : settings.all) {
    if (std::any_of(one.diagnosis.findings.begin(), one.diagnosis.findings.end(), is_told)) told.push_back(&one);
  }
  std::stable_sort(told.begin(), told.end(), [](const PageSetting* a, const PageSetting* b) { return weight_of(*a) > weight_of(*b); });
  for (std::size_t i = 0; i < std::min(told.size(), kMostDetails); ++i) told[i]->id = fmt::format("setting-{}", i + 1);
  return settings;
}

std::string settings_section(const ResultsFolder& results, const PageSettings& settings) {
  if (settings.all.empty()) return "";
  std::vector<const PageSetting*> rows;
  rows.reserve(settings.all.size());
  for (const PageSetting& one : settings.all) rows.push_back(&one);
  const bool is_long = rows.size() > kMostTableRows / 4;
  if (is_long)
    std::stable_sort(rows.begin(), rows.end(), [](const PageSetting* a, const PageSetting* b) { return weight_of(*a) > weight_of(*b); });
  const SettingsTable all = settings_table(rows);
  std::string text = fmt::format(
      "<section aria-labelledby=\"settings\"><h2 id=\"settings\">Every setting</h2>\n<p class=\"soft\">Means over the seeds, on the {} "
      "split{}. "
      "<a download=\"settings.csv\" href='{}'>Save them as CSV</a></p>\n{}",
      escaped(results.split()), is_long ? "; what costs most comes first" : "", data_link("text/csv", all.table.csv()),
      table_element("Settings", all.table, rows.size(), all.units));
  std::vector<const PageSetting*> told;
  for (const PageSetting& one : settings.all) {
    if (!one.id.empty()) told.push_back(&one);
  }
  if (told.empty()) return text + "</section>\n";
  if (is_long)
    std::stable_sort(told.begin(), told.end(), [](const PageSetting* a, const PageSetting* b) { return weight_of(*a) > weight_of(*b); });
  const LayerNames layers(results);
  text += fmt::format("<h3 class=\"after\">The diagnoses in full{}</h3>\n",
                      told.size() == kMostDetails ? ", of the settings that need them most" : "");
  for (const PageSetting* one : told) text += details_element(*one, layers);
  return text + "</section>\n";
}

}  // namespace normrun::report
