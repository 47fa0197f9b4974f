#include "report/figures/abscissa.hpp"

#include <algorithm>
#include <cmath>

#include "fmt/format.h"
#include "report/figures/figures.hpp"
#include "report/results/words.hpp"
#include "study/plan.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kMostNames = 12;

/// Returns the values of an axis, or nothing if one of them is not a number.
std::vector<double> numbers_of(const config::Axis& axis) {
  std::vector<double> numbers;
  for (std::size_t i = 0; i < axis.labels.size(); ++i) {
    numbers.push_back(tables::read_number(axis.labels[i]));
    if (!std::isfinite(numbers.back())) return {};
  }
  return numbers;
}

Scale scale_of(const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return *least > 0.0 && *most > 20.0 * *least ? Scale::kLog : Scale::kLinear;
}

Abscissa names_of(const ResultsFolder& results) {
  Abscissa norms{Abscissa::Kind::kNorms, "", "row", "norm", Scale::kLinear, {}};
  Abscissa settings{Abscissa::Kind::kSettings, "", "row", "setting", Scale::kLinear, {}};
  tables::RunRows runs = results.runs_of(tables::TableId::kRuns);
  while (runs.next()) {
    append_new(norms.names, spoken_norm(runs.norm()));
    if (settings.names.size() <= kMostNames) append_new(settings.names, runs.others());
  }
  return norms.names.size() == 1 && settings.names.size() > 1 && settings.names.size() <= kMostNames ? settings : norms;
}

}  // namespace

double Abscissa::place(const tables::RunRows& runs) const {
  switch (kind) {
    case Kind::kBatchSize:
      return static_cast<double>(runs.batch_size());
    case Kind::kNumber:
      return runs.other(key);
    case Kind::kNorms:
    case Kind::kSettings:
      break;
  }
  const std::string name = kind == Kind::kNorms ? spoken_norm(runs.norm()) : runs.others();
  return static_cast<double>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::string Abscissa::spoken(double place) const {
  if (kind == Kind::kSettings) return "with " + names[static_cast<std::size_t>(place)];
  if (kind == Kind::kNorms) return names[static_cast<std::size_t>(place)];
  return fmt::format("at {} {}", kind == Kind::kBatchSize ? "batch" : key, exact_digits(place));
}

void Abscissa::take(Chart& chart) const {
  chart.x = {.label = label, .column = column, .scale = scale, .names = names};
  if (kind == Kind::kBatchSize) chart.x.ticks = x_values(chart.panels);
}

Abscissa abscissa_of(const ResultsFolder& results) {
  const config::Grid& grid = results.experiment.grid;
  const std::vector<std::string> others = study::other_axes(grid);
  Abscissa abscissa;
  std::size_t most = 1;
  for (const config::Axis& axis : grid.axes()) {
    const bool is_other = std::find(others.begin(), others.end(), axis.key) != others.end();
    if (axis.key == "train.batch_size" && axis.values.size() > 1 && !is_other) return {};
    if (!is_other) continue;
    const std::vector<double> values = numbers_of(axis);
    if (values.size() <= most) continue;
    most = values.size();
    std::string column = axis.key;  // without dots, which Vega-Lite would read as access to a member
    std::replace(column.begin(), column.end(), '.', '_');
    abscissa = {Abscissa::Kind::kNumber, axis.key, column, axis.key, scale_of(values), {}};
  }
  return most > 1 ? abscissa : names_of(results);
}

}  // namespace normrun::report
