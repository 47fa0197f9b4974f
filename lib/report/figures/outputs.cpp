#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "fmt/format.h"
#include "report/draw/bar_chart.hpp"
#include "report/draw/vega_lite.hpp"
#include "report/figures/figures.hpp"
#include "tables/record.hpp"

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

/// Returns half the axis' width, such that all but one in two hundred of the differences lie within it.  The result is neither so small
/// that a forty-first of it is denormal nor so large that twice it is infinite.
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

std::string title_of(const tables::Setting& setting) {
  return panel_title(setting.norm, setting.others) + fmt::format(", batch {}", setting.batch_size);
}

Histogram histogram_of(const Differences& one, double reach, Figure& figure) {
  Histogram histogram{title_of(one.setting), -reach, reach, std::vector<double>(kBins), 0.0};
  for (const double value : one.values) {
    const double place = (value + reach) / (2.0 * reach) * static_cast<double>(kBins);
    const auto bin = static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(kBins - 1)));
    histogram.shares[bin] += 1.0 / static_cast<double>(one.values.size());
  }
  histogram.tallest = *std::max_element(histogram.shares.begin(), histogram.shares.end());
  const double width = 2.0 * reach / static_cast<double>(kBins);
  for (std::size_t i = 0; i < kBins; ++i) {
    const double low = -reach + width * static_cast<double>(i);
    figure.data.rows.push_back({one.setting.norm, one.setting.others, std::to_string(one.setting.batch_size), tables::shortest(low),
                                tables::shortest(low + width), tables::shortest(histogram.shares[i])});
  }
  return histogram;
}

}  // namespace

Figure outputs_figure(const ResultsFolder& results) {
  const auto& pairs = results.experiment.base.compare.pairs;
  const std::pair<std::string, std::string> usual("train", "eval");
  const auto modes = pairs.empty() || std::find(pairs.begin(), pairs.end(), usual) != pairs.end() ? usual : pairs.front();
  std::size_t settings = 0;
  const std::vector<Differences> all = collect(results, modes, settings);
  const std::string difference = modes.first + " - " + modes.second;
  Figure figure{
      .id = "outputs",
      .title = "How are the differences distributed?",
      .caption = fmt::format("The difference of each output in the two modes ({}), over samples, outputs and seeds. What lies outside the "
                             "axis is in its first and last bin.",
                             difference),
      .data = {.header = {"norm", "setting", "batch_size", "bin_low", "bin_high", "share"}}};
  figure.caption += left_out(all.size(), settings, "settings");
  std::vector<std::string> norms;
  for (const Differences& one : all) append_new(norms, one.setting.norm);
  const double reach = reach_of(all);
  std::vector<HistogramView> views;
  for (const Differences& one : all) {
    const std::string id = fmt::format("outputs-{}", figure.pictures.size());
    figure.pictures.push_back(draw_histogram(id, difference, histogram_of(one, reach, figure), norm_look(one.setting.norm, norms)));
    views.push_back(
        {title_of(one.setting),
         {{"norm", one.setting.norm}, {"setting", one.setting.others}, {"batch_size", std::to_string(one.setting.batch_size)}}});
  }
  for (const std::string& norm : norms) figure.legend.push_back({norm_look(norm, norms), norm});
  if (!views.empty()) figure.spec = histogram_spec(figure, "norm", difference, views);
  return figure;
}

}  // namespace normrun::report
