#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "fmt/format.h"
#include "report/figures/figures.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr int kGrey = 6;

bool have_same_points(const Series& a, const Series& b) {
  return std::equal(a.points.begin(), a.points.end(), b.points.begin(), b.points.end(),
                    [](const Point& p, const Point& q) { return p.x == q.x && p.y == q.y; });
}

}  // namespace

int norm_colour(const std::string& norm, const std::vector<std::string>& norms) {
  if (norm == "batch") return 0;
  if (norm == "layer") return 1;
  if (norm == "none") return kGrey;
  constexpr int kFree[] = {2, 3, 4, 5, 7, 0, 1};
  std::size_t place = 0;
  for (const std::string& other : norms) {
    if (other == norm) break;
    if (other != "batch" && other != "layer" && other != "none") ++place;
  }
  return kFree[place % std::size(kFree)];
}

int cause_colour(diagnosis::Cause cause) {
  using diagnosis::Cause;
  static constexpr Cause kCauses[] = {Cause::kColdStart,  Cause::kLag,           Cause::kSamplingNoise,
                                      Cause::kDropout,    Cause::kBatchContents, Cause::kBiasedVariance,
                                      Cause::kShiftedData};
  constexpr int kFirst = 8;
  return kFirst + static_cast<int>(std::find(std::begin(kCauses), std::end(kCauses), cause) - std::begin(kCauses));
}

Look::Stroke mode_stroke(const std::string& mode) {
  if (mode == "eval") return Look::Stroke::kSolid;
  if (mode == "train") return Look::Stroke::kDashed;
  return mode == "population" ? Look::Stroke::kDotted : Look::Stroke::kDashDotted;
}

void add_modes(Panel& panel, const std::string& norm, int colour, const std::vector<std::pair<std::string, Series>>& modes) {
  std::vector<Series> drawn;
  std::size_t measured = 0;
  for (const auto& [mode, given] : modes) {
    Series series = given;
    sort_points(series);
    if (series.points.empty()) continue;
    ++measured;
    if (std::any_of(drawn.begin(), drawn.end(), [&, &own = series](const Series& other) { return have_same_points(own, other); })) continue;
    series.name = spoken_mode(mode);
    series.look = {colour, mode_stroke(mode)};
    drawn.push_back(std::move(series));
  }
  if (drawn.size() == 1 && measured > 1) {
    drawn.front().name = "every mode";
    drawn.front().look.stroke = Look::Stroke::kSolid;
  }
  for (Series& series : drawn) {
    if (panel.series.size() == kMostSeries) return;
    if (!norm.empty()) series.name = fmt::format("{}, {}", spoken_norm(norm), series.name);
    panel.series.push_back(std::move(series));
  }
}

void sort_points(Series& series) {
  std::stable_sort(series.points.begin(), series.points.end(), [](const Point& a, const Point& b) { return a.x < b.x; });
}

Scale fitting_scale(const std::vector<Panel>& panels, double factor) {
  double least = std::numeric_limits<double>::infinity();
  double most = 0.0;
  for (const Panel& panel : panels) {
    for (const Series& series : panel.series) {
      for (const Point& point : series.points) {
        if (point.y < 0.0) return Scale::kLinear;
        if (point.y > 0.0) least = std::min(least, point.y);
        most = std::max(most, point.y);
      }
    }
  }
  return most > factor * least ? Scale::kLog : Scale::kLinear;
}

std::vector<double> x_values(const std::vector<Panel>& panels) {
  std::set<double> values;
  for (const Panel& panel : panels) {
    for (const Series& series : panel.series) {
      for (const Point& point : series.points) values.insert(point.x);
    }
  }
  return {values.begin(), values.end()};
}

std::string seeds_note(const std::vector<Chart>& charts) {
  std::size_t most = 1;
  bool is_cut = false;
  for (const Chart& chart : charts) {
    for (const Panel& panel : chart.panels) {
      for (const Series& series : panel.series) {
        for (const Point& point : series.points) {
          most = std::max(most, point.n);
          is_cut = is_cut || (chart.y.scale == Scale::kLog && point.y > 0.0 && point.low <= 0.0);
        }
      }
    }
  }
  if (most == 1) return " One seed.";
  return fmt::format(" Means of {} seeds; bands and bars are their 95 % intervals{}.", most,
                     is_cut ? ", but for those that reach 0, which the logarithmic axis cannot show" : "");
}

std::string left_out(std::size_t drawn, std::size_t all, const std::string& what) {
  return drawn < all ? fmt::format(" {} of {} {} are drawn; the tables have all of them.", drawn, all, what) : "";
}

}  // namespace normrun::report
