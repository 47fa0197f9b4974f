#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "report/figures/figures.hpp"
#include "report/results/words.hpp"
#include "tables/record.hpp"

namespace normrun::report {
namespace {

constexpr int kGrey = 6;

int free_look(std::size_t place, const std::vector<int>& free) { return free[place % free.size()]; }

}  // namespace

int norm_look(const std::string& norm, const std::vector<std::string>& norms) {
  if (norm == "batch") return 0;
  if (norm == "layer") return 1;
  if (norm == "none") return kGrey;
  std::size_t place = 0;
  for (const std::string& other : norms) {
    if (other == norm) break;
    if (other != "batch" && other != "layer" && other != "none") ++place;
  }
  return free_look(place, {2, 3, 4, 5, 7, 0, 1});
}

int mode_look(const std::string& mode, const std::vector<std::string>& modes) {
  if (mode == "eval") return 0;
  if (mode == "train") return 1;
  if (mode == "population") return 2;
  std::size_t place = 0;
  for (const std::string& other : modes) {
    if (other == mode) break;
    if (other != "eval" && other != "train" && other != "population") ++place;
  }
  return free_look(place, {3, 4, 5, 7, kGrey});
}

std::string panel_title(const std::string& norm, const std::string& others) {
  if (norm.empty()) return others.empty() ? "after training" : others;
  return others.empty() ? spoken_norm(norm) : spoken_norm(norm) + ", " + others;
}

void add_point(Series& series, Figure& figure, double x, const tables::SampleSummary& summary, std::vector<std::string> keys) {
  series.points.push_back(point_of(x, summary));
  keys.insert(keys.end(), {tables::shortest(summary.mean), tables::cell_or_empty(summary.ci95_low).field(),
                           tables::cell_or_empty(summary.ci95_high).field(), std::to_string(summary.n)});
  figure.data.rows.push_back(std::move(keys));
}

void sort_points(Series& series) {
  std::stable_sort(series.points.begin(), series.points.end(), [](const LinePoint& a, const LinePoint& b) { return a.x < b.x; });
}

Scale fitting_scale(const std::vector<Panel>& panels) {
  double least = std::numeric_limits<double>::infinity();
  double most = 0.0;
  for (const Panel& panel : panels) {
    for (const Series& series : panel.series) {
      for (const LinePoint& point : series.points) {
        if (point.y < 0.0) return Scale::kLinear;
        if (point.y > 0.0) least = std::min(least, point.y);
        most = std::max(most, point.y);
      }
    }
  }
  return most > 20.0 * least ? Scale::kLog : Scale::kLinear;
}

std::vector<double> x_values(const std::vector<Panel>& panels) {
  std::set<double> values;
  for (const Panel& panel : panels) {
    for (const Series& series : panel.series) {
      for (const LinePoint& point : series.points) values.insert(point.x);
    }
  }
  return {values.begin(), values.end()};
}

}  // namespace normrun::report
