#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "fmt/format.h"
#include "report/figures/figures.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kBins = 41;  // odd, so that the middle bin is centred on 0
constexpr std::size_t kMostValues = 100'000;

struct Differences {
  tables::Setting setting;
  std::vector<double> values;
};

/// Returns the differences of two modes' outputs in one run.
std::vector<double> differences_of(const tables::RunRows& runs, const std::string& split,
                                   const std::pair<std::string, std::string>& modes) {
  const std::string own_size = std::to_string(runs.batch_size());
  std::map<std::pair<std::string, std::string>, double> minuends;
  std::map<std::pair<std::string, std::string>, double> subtrahends;
  for (const tables::RunRows::Row& row : runs.rows()) {
    const std::string& size = runs.text(row, "eval_batch_size");
    if (runs.text(row, "split") != split || (!size.empty() && size != own_size)) continue;
    const std::pair<std::string, std::string> place(runs.text(row, "sample"), runs.text(row, "output"));
    const std::string& mode = runs.text(row, "mode");
    if (mode == modes.first) minuends[place] = runs.number(row, "value");
    if (mode == modes.second) subtrahends[place] = runs.number(row, "value");
  }
  std::vector<double> differences;
  for (const auto& [place, value] : minuends) {
    const auto other = subtrahends.find(place);
    if (other != subtrahends.end() && std::isfinite(value - other->second)) differences.push_back(value - other->second);
  }
  return differences;
}

std::vector<Differences> collect(const ResultsFolder& results, const std::pair<std::string, std::string>& modes, std::size_t& settings) {
  std::vector<Differences> all;
  tables::RunRows runs = results.runs_of(tables::TableId::kOutputs);
  std::vector<tables::Setting> seen;
  while (runs.next()) {
    const tables::Setting setting = setting_of(runs);
    append_new(seen, setting);
    auto own = std::find_if(all.begin(), all.end(), [&](const Differences& one) { return one.setting == setting; });
    if (own == all.end() && all.size() == kMostPanels) continue;
    const std::vector<double> values = differences_of(runs, results.split(), modes);
    if (values.empty()) continue;
    if (own == all.end()) own = all.insert(all.end(), {setting, {}});
    if (own->values.size() < kMostValues) own->values.insert(own->values.end(), values.begin(), values.end());
  }
  settings = seen.size();
  return all;
}

/// Returns half the width of the axis: about one in two hundred of the differences lies outside.  The result is neither so small
/// that the width of a bin is denormal nor so large that the width of the axis is infinite.
double reach_of(const std::vector<Differences>& all) {
  std::vector<double> sizes;
  for (const Differences& one : all) {
    for (const double value : one.values) sizes.push_back(std::abs(value));
  }
  std::sort(sizes.begin(), sizes.end());
  const double most = sizes.empty() ? 0.0 : sizes[(sizes.size() - 1) * 995 / 1000];
  constexpr double kLeast = 1e-290;
  constexpr double kMost = 1e290;
  return most > kLeast ? std::min(most, kMost) : 1.0;
}

/// Returns the share of the differences in each of the equal bins from -reach to reach, at the middle of the bin.
Panel histogram_of(const Differences& one, double reach, const std::vector<std::string>& norms) {
  std::vector<double> shares(kBins);
  for (const double value : one.values) {
    const double place = (value + reach) / (2.0 * reach) * static_cast<double>(kBins);
    const auto bin = static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(kBins - 1)));
    shares[bin] += 1.0 / static_cast<double>(one.values.size());
  }
  const std::string others = one.setting.others.empty() ? "" : ", " + one.setting.others;
  const std::string title = fmt::format("{}{}, batch {}", spoken_norm(one.setting.norm), others, one.setting.batch_size);
  Series series{.name = spoken_norm(one.setting.norm), .look = {norm_colour(one.setting.norm, norms)}, .kind = Series::Kind::kArea};
  const double width = 2.0 * reach / static_cast<double>(kBins);
  for (std::size_t i = 0; i < kBins; ++i) series.points.push_back({.x = -reach + width * (static_cast<double>(i) + 0.5), .y = shares[i]});
  return {.title = title, .rows = {{"setting", title}}, .series = {std::move(series)}};
}

bool is_nothing(const Differences& one) {
  return std::all_of(one.values.begin(), one.values.end(), [](double value) { return value == 0.0; });
}

}  // namespace

Figure outputs_figure(const ResultsFolder& results) {
  const auto& pairs = results.experiment.base.compare.pairs;
  const std::pair<std::string, std::string> usual("train", "eval");
  const auto modes = pairs.empty() || std::find(pairs.begin(), pairs.end(), usual) != pairs.end() ? usual : pairs.front();
  std::size_t settings = 0;
  std::vector<Differences> all = collect(results, modes, settings);
  std::erase_if(all, is_nothing);
  const std::string difference = fmt::format("{} minus {}", spoken_mode(modes.first), spoken_mode(modes.second));
  Figure figure{.id = "outputs",
                .title = "How are the differences distributed?",
                .caption = fmt::format(
                    "The difference of each output in the two modes, over samples, outputs and seeds. What lies outside the axis is "
                    "in its first and last bin. Settings whose outputs do not differ are left out.")};
  if (all.empty()) return figure;
  std::vector<std::string> norms;
  for (const Differences& one : all) append_new(norms, one.setting.norm);
  Chart chart{.id = "outputs",
              .x = {.label = difference, .column = "difference"},
              .y = {.label = "share of the outputs", .column = "share", .unit = Unit::kShare, .includes = {0.0}},
              .series_column = "norm"};
  const double reach = reach_of(all);
  for (const Differences& one : all) chart.panels.push_back(histogram_of(one, reach, norms));
  figure.charts = {chart};
  figure.caption += left_out(all.size(), settings, "settings");
  return figure;
}

}  // namespace normrun::report
