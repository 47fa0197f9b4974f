#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "report/draw/figure.hpp"
#include "report/draw/line_chart.hpp"
#include "report/results/results_folder.hpp"

namespace normrun::report {

/// The figures of a report.  Each one reads its table of a results folder, and has no pictures where there is nothing to draw.
Figure gap_figure(const ResultsFolder& results);
Figure accuracy_figure(const ResultsFolder& results);
Figure learning_figure(const ResultsFolder& results);
Figure statistics_figure(const ResultsFolder& results);
Figure channels_figure(const ResultsFolder& results);
Figure budget_figure(const ResultsFolder& results);
Figure outputs_figure(const ResultsFolder& results);

/// Returns the place of a norm in the palette, which is the same in every figure.
int norm_look(const std::string& norm, const std::vector<std::string>& norms);
/// Returns the place of a mode in the palette.
int mode_look(const std::string& mode, const std::vector<std::string>& modes);

/// Appends a value unless the list already holds it.
template <class T>
void append_new(std::vector<T>& values, const T& value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

/// Returns at most `most` of some values, evenly spaced from the first to the last.
template <class T>
std::vector<T> spread(const std::vector<T>& values, std::size_t most) {
  if (values.size() <= most) return values;
  std::vector<T> chosen;
  for (std::size_t i = 0; i < most; ++i) chosen.push_back(values[i * (values.size() - 1) / std::max<std::size_t>(most - 1, 1)]);
  return chosen;
}

/// Returns a panel's title, such as "batch norm, momentum = 0.9"; an empty norm stands for all norms.
std::string panel_title(const std::string& norm, const std::string& others);

/// Adds a point to a line, and adds the keys with mean, ci95_low, ci95_high and n to the figure's data.
void add_point(Series& series, Figure& figure, double x, const tables::SampleSummary& summary, std::vector<std::string> keys);

/// Sorts the points by x.
void sort_points(Series& series);

/// Returns a logarithmic scale where the positive values span more than a factor of 20.
Scale fitting_scale(const std::vector<Panel>& panels);
/// Returns the x values of all points in ascending order.
std::vector<double> x_values(const std::vector<Panel>& panels);

}  // namespace normrun::report
