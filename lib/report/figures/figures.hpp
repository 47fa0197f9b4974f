#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "diagnosis/cause.hpp"
#include "report/draw/figure.hpp"
#include "report/results/results_folder.hpp"

namespace normrun::report {

/// The figures of a report.  Each one reads its table of a results folder, and has no charts if there is nothing to draw.
Figure gap_figure(const ResultsFolder& results);
Figure more_gaps_figure(const ResultsFolder& results);
Figure overview_figure(const ResultsFolder& results);
Figure other_gaps_figure(const ResultsFolder& results);
Figure accuracy_figure(const ResultsFolder& results);
Figure learning_figure(const ResultsFolder& results);
Figure statistics_figure(const ResultsFolder& results);
Figure depth_figure(const ResultsFolder& results);
Figure channels_figure(const ResultsFolder& results);
Figure budget_figure(const ResultsFolder& results);
Figure outputs_figure(const ResultsFolder& results);

/// Returns the place of a norm in the palette, which is the same in every figure.
int norm_colour(const std::string& norm, const std::vector<std::string>& norms);
/// Returns the place of a cause in the palette; no norm has the same place.
int cause_colour(diagnosis::Cause cause);
/// Returns a mode's stroke, which is the same in every figure.
Look::Stroke mode_stroke(const std::string& mode);

/// Appends a value unless the list already holds it.
template <class T>
void append_new(std::vector<T>& values, const T& value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

/// Returns `values`.  If there are more than `most`, returns `most` of them at even distances in the list, the first and the last included.
template <class T>
std::vector<T> spread(const std::vector<T>& values, std::size_t most) {
  if (values.size() <= most) return values;
  std::vector<T> chosen;
  chosen.reserve(most);
  for (std::size_t i = 0; i < most; ++i) chosen.push_back(values[i * (values.size() - 1) / std::max<std::size_t>(most - 1, 1)]);
  return chosen;
}

/// Returns the `most` values with the largest weights, in the order in which they stand in `values`.
template <class T, class Weight>
std::vector<T> weightiest(const std::vector<T>& values, std::size_t most, const Weight& weight) {
  if (values.size() <= most) return values;
  std::vector<std::pair<double, std::size_t>> order;
  order.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) order.emplace_back(-weight(values[i]), i);
  std::sort(order.begin(), order.end());
  order.resize(most);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  std::vector<T> chosen;
  chosen.reserve(most);
  for (const auto& [negative, i] : order) chosen.push_back(values[i]);
  return chosen;
}

/// Adds the lines of one norm's modes, in the order of `modes`.  A mode is not drawn if its points are those of an earlier mode.
void add_modes(Panel& panel, const std::string& norm, int colour, const std::vector<std::pair<std::string, Series>>& modes);

/// Sorts the points by x.
void sort_points(Series& series);

/// Returns a logarithmic scale if the positive values span more than `factor` and no value is negative, else a linear one.
Scale fitting_scale(const std::vector<Panel>& panels, double factor = 20.0);
/// Returns the x values of all points in ascending order.
std::vector<double> x_values(const std::vector<Panel>& panels);

/// Says what the intervals are; with a single seed, says that there is one seed.
std::string seeds_note(const std::vector<Chart>& charts);
/// Returns a sentence such as " 6 of 40 settings are drawn; the tables have all of them.", or "" if all are drawn.
std::string left_out(std::size_t drawn, std::size_t all, const std::string& what);

}  // namespace normrun::report
