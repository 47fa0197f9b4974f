#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "report/draw/figure.hpp"
#include "report/draw/line_chart.hpp"
#include "report/results/results_folder.hpp"

namespace normrun::report {

/// The figures of a report, each from its table of a results folder; without pictures where there is nothing to draw.
Figure gap_figure(const ResultsFolder& results);
Figure accuracy_figure(const ResultsFolder& results);
Figure learning_figure(const ResultsFolder& results);
Figure statistics_figure(const ResultsFolder& results);
Figure channels_figure(const ResultsFolder& results);
Figure budget_figure(const ResultsFolder& results);
Figure outputs_figure(const ResultsFolder& results);

/// A norm's place in the palette, the same in every figure.
int norm_look(const std::string& norm, const std::vector<std::string>& norms);
/// A mode's.
int mode_look(const std::string& mode, const std::vector<std::string>& modes);

/// Adds a value that is not there yet.
template <class T>
void append_new(std::vector<T>& values, const T& value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

/// At most `most` of some values, from the first to the last of them, evenly.
template <class T>
std::vector<T> spread(const std::vector<T>& values, std::size_t most) {
  if (values.size() <= most) return values;
  std::vector<T> chosen;
  for (std::size_t i = 0; i < most; ++i) chosen.push_back(values[i * (values.size() - 1) / std::max<std::size_t>(most - 1, 1)]);
  return chosen;
}

/// "batch norm, momentum = 0.9": a panel's title; "" for all norms.
std::string panel_title(const std::string& norm, const std::string& others);

/// Adds a point to a line, and to the figure's data the keys, mean, ci95_low, ci95_high and n.
void add_point(Series& series, Figure& figure, double x, const tables::SampleSummary& summary, std::vector<std::string> keys);

/// Ascending x.
void sort_points(Series& series);

/// A logarithm where positive values span more than a factor of 20.
Scale fitting_scale(const std::vector<Panel>& panels);
/// Ascending x values of all points.
std::vector<double> x_values(const std::vector<Panel>& panels);

}  // namespace normrun::report
