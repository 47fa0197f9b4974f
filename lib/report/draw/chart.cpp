#include "report/draw/chart.hpp"

#include <algorithm>
#include <cmath>

#include "fmt/format.h"
#include "report/results/words.hpp"
#include "tables/record.hpp"

namespace normrun::report {
namespace {

template <class Take>
void each_series(const Chart& chart, const Take& take) {
  for (const Panel& panel : chart.panels) {
    for (const Series& series : panel.series) take(series);
  }
}

std::vector<double> x_values_of(const Chart& chart) {
  std::vector<double> values = chart.x.ticks;
  values.insert(values.end(), chart.x.includes.begin(), chart.x.includes.end());
  each_series(chart, [&](const Series& series) {
    for (const Point& point : series.points) values.push_back(point.x);
  });
  return values;
}

/// Adds the ends of the stacked bars: in each row the parts above 0 are stacked upwards, those below 0 downwards.
void add_bar_ends(const Panel& panel, std::vector<double>& values) {
  std::vector<std::pair<double, double>> up;
  std::vector<std::pair<double, double>> down;
  for (const Series& series : panel.series) {
    if (series.kind != Series::Kind::kBars) continue;
    for (const Point& point : series.points) {
      auto& ends = point.y > 0.0 ? up : down;
      auto end = std::find_if(ends.begin(), ends.end(), [&](const auto& one) { return one.first == point.x; });
      if (end == ends.end()) end = ends.insert(ends.end(), {point.x, 0.0});
      values.push_back(end->second += point.y);
    }
  }
}

/// Returns all y values that the axis must show.  Interval ends count too, but not below a tenth of the smallest mean: a logarithmic axis
/// would show little else.
std::vector<double> y_values_of(const Chart& chart) {
  std::vector<double> values = chart.y.includes;
  double least = std::numeric_limits<double>::infinity();
  for (const Panel& panel : chart.panels) add_bar_ends(panel, values);
  each_series(chart, [&](const Series& series) {
    if (series.kind == Series::Kind::kBars) values.push_back(0.0);
    if (series.kind == Series::Kind::kBars) return;
    for (const Point& point : series.points) {
      values.insert(values.end(), {point.y, point.low, point.high});
      if (point.y > 0.0) least = std::min(least, point.y);
    }
  });
  if (chart.y.scale == Scale::kLog) std::erase_if(values, [least](double value) { return value < 0.1 * least; });
  return values;
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) line += (i > 0 ? "," : "") + tables::csv_field(fields[i]);
  return line + '\n';
}

std::vector<std::string> key_columns(const std::vector<Chart>& charts) {
  std::vector<std::string> columns;
  for (const Chart& chart : charts) {
    for (const Panel& panel : chart.panels) {
      for (const auto& [column, value] : panel.rows) {
        if (std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(column);
      }
    }
  }
  return columns;
}

/// Takes a column out of the table if it has this value in every row.
void drop_constant(DataTable& table, const std::string& name, const std::string& value) {
  const auto place = std::find(table.header.begin(), table.header.end(), name) - table.header.begin();
  const auto has_value = [&](const auto& row) { return row[static_cast<std::size_t>(place)] == value; };
  if (!std::all_of(table.rows.begin(), table.rows.end(), has_value)) return;
  table.header.erase(table.header.begin() + place);
  for (auto& row : table.rows) row.erase(row.begin() + place);
}

std::string value_of(const RowFilter& rows, const std::string& column) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.first == column; });
  return found == rows.end() ? "" : found->second;
}

}  // namespace

std::string DataTable::csv() const {
  std::string text = csv_line(header);
  for (const auto& row : rows) text += csv_line(row);
  return text;
}

Point point_of(double x, const tables::SampleSummary& summary) {
  return {.x = x, .y = summary.mean, .low = summary.ci95_low, .high = summary.ci95_high, .n = summary.n};
}

ChartAxes axes_of(const Chart& chart) {
  std::size_t zero_rows = 0;
  for (const Panel& panel : chart.panels)
    zero_rows = std::max(zero_rows, static_cast<std::size_t>(std::count_if(panel.series.begin(), panel.series.end(), has_zero)));
  const auto axis = [](const ChartAxis& own, const std::vector<double>& values) {
    return own.ticks.empty() ? PlotAxis(own.scale, values, own.unit) : PlotAxis(own.scale, values, own.ticks, own.unit);
  };
  return {axis(chart.x, x_values_of(chart)), axis(chart.y, y_values_of(chart)), chart.y.scale == Scale::kLog ? zero_rows : 0};
}

bool has_zero(const Series& series) {
  return std::any_of(series.points.begin(), series.points.end(), [](const Point& point) { return point.y == 0.0; });
}

std::string spoken(const ChartAxis& axis, double value) {
  if (!axis.names.empty()) return axis.names[static_cast<std::size_t>(value)];
  return in_unit(value, axis.unit);
}

std::string place_text(const ChartAxis& axis, double value) {
  return axis.names.empty() ? exact_digits(value) : axis.names[static_cast<std::size_t>(value)];
}

std::vector<LegendEntry> legend_of(const std::vector<Chart>& charts) {
  std::vector<LegendEntry> legend;
  for (const Chart& chart : charts) {
    each_series(chart, [&](const Series& series) {
      const auto is_it = [&](const LegendEntry& entry) { return entry.name == series.name; };
      if (series.kind == Series::Kind::kReference || series.name.empty() || std::any_of(legend.begin(), legend.end(), is_it)) return;
      const bool is_bar = series.kind == Series::Kind::kBars || series.kind == Series::Kind::kArea;
      legend.push_back({series.name, series.look, is_bar, !is_bar && !chart.x.names.empty()});
    });
  }
  return legend;
}

DataTable data_of(const std::vector<Chart>& charts) {
  if (charts.empty()) return {};
  const std::vector<std::string> keys = key_columns(charts);
  const Chart& first = charts.front();
  DataTable table{keys};
  table.header.insert(table.header.end(), {first.series_column, first.x.column, first.y.column, "ci95_low", "ci95_high", "n", "name"});
  for (const Chart& chart : charts) {
    for (const Panel& panel : chart.panels) {
      std::vector<std::string> own_keys;
      own_keys.reserve(keys.size());
      for (const std::string& key : keys) own_keys.push_back(value_of(panel.rows, key));
      for (const Series& series : panel.series) {
        if (series.kind == Series::Kind::kReference) continue;
        for (const Point& point : series.points) {
          std::vector<std::string> row = own_keys;
          row.insert(row.end(), {series.name, place_text(chart.x, point.x), tables::cell_or_empty(point.y).field(),
                                 tables::cell_or_empty(point.low).field(), tables::cell_or_empty(point.high).field(),
                                 std::to_string(point.n), point.name});
          table.rows.push_back(std::move(row));
        }
      }
    }
  }
  for (const char* column : {"ci95_low", "ci95_high", "name"}) drop_constant(table, column, "");
  drop_constant(table, "n", "1");
  return table;
}

}  // namespace normrun::report
