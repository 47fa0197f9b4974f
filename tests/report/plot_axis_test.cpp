#include "report/draw/plot_axis.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>

#include "core/random.hpp"
#include "report/draw/panels.hpp"

using namespace normrun;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kMost = std::numeric_limits<double>::max();
constexpr double kLeast = std::numeric_limits<double>::denorm_min();
constexpr std::size_t kMostTicks = 8;

/// What every axis keeps, whatever its values are.
void check_axis(const report::PlotAxis& axis, report::Scale scale) {
  CAPTURE(axis.low());
  CAPTURE(axis.high());
  CHECK(std::isfinite(axis.low()));
  CHECK(std::isfinite(axis.high()));
  CHECK(axis.low() < axis.high());
  CHECK((scale == report::Scale::kLinear || axis.low() > 0.0));
  CHECK(axis.ticks().size() <= kMostTicks);
  std::set<std::string> labels;
  double before = -kInfinity;
  for (const report::Tick& tick : axis.ticks()) {
    CAPTURE(tick.label);
    CHECK(tick.value > before);
    CHECK((tick.value >= axis.low() && tick.value <= axis.high()));
    CHECK((axis.place(tick.value) >= 0.0 && axis.place(tick.value) <= 1.0));
    CHECK(labels.insert(tick.label).second);
    before = tick.value;
  }
}

void check_values(const std::vector<double>& values) {
  CAPTURE(values);
  for (const report::Scale scale : {report::Scale::kLinear, report::Scale::kLog}) {
    const report::PlotAxis axis(scale, values);
    check_axis(axis, scale);
    CHECK(axis.ticks().size() >= 1);
    for (const double value : values) {
      if (axis.shows(value) && (scale == report::Scale::kLinear || value > 1e-260)) {
        CHECK((axis.place(value) >= 0.0 && axis.place(value) <= 1.0));
      }
    }
    std::vector<double> ascending = values;
    std::erase_if(ascending, [](double value) { return std::isnan(value); });
    std::sort(ascending.begin(), ascending.end());
    ascending.erase(std::unique(ascending.begin(), ascending.end()), ascending.end());
    ascending.resize(std::min(ascending.size(), kMostTicks));
    check_axis(report::PlotAxis(scale, values, ascending), scale);
  }
}

}  // namespace

TEST_CASE("an axis over values that agree but for their last bits ends, and has ticks") {
  for (const double size : {1.0, 0.1, -3.7, 1e-17, 1e17, 123456789.0, 6.9314718055994531e-1, 1e300, 1e-280}) {
    double neighbour = size;
    for (int ulps = 1; ulps <= 1024; ulps *= 2) {
      for (int i = 0; i < ulps; ++i) neighbour = std::nextafter(neighbour, kInfinity);
      check_values({size, neighbour});
      check_values({neighbour, size, size});
    }
    check_values({size, static_cast<double>(std::nextafter(static_cast<float>(size), 1e38F))});
  }
}

TEST_CASE("an axis over constants, huge, tiny, denormal, infinite and undefined numbers keeps its rules") {
  const std::vector<double> numbers = {0.0,  -0.0, kLeast, -kLeast, 3.0 * kLeast, 2.3e-308, 1e-300, 1e-290,    1e-17,     1.0,
                                       -1.0, 1e15, 1e300,  9e307,   kMost,        -kMost,   kNan,   kInfinity, -kInfinity};
  check_values({});
  for (const double a : numbers) {
    check_values({a});
    for (const double b : numbers) {
      check_values({a, b});
      for (const double c : {1.0, kMost, -kMost, kLeast, kNan}) check_values({a, b, c});
    }
  }
}

TEST_CASE("an axis over any bits at all keeps its rules") {
  RandomStream stream(7, Purpose::kProbe);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<double> values(1 + stream.below(4));
    for (double& value : values) value = std::bit_cast<double>(stream.next_u64());
    check_values(values);
  }
}

TEST_CASE("an axis over random numbers of one size keeps its rules") {
  RandomStream stream(8, Purpose::kProbe);
  for (int i = 0; i < 20'000; ++i) {
    const double size = std::ldexp(1.0, static_cast<int>(stream.below(600)) - 300);
    const double spread = std::ldexp(size, -static_cast<int>(stream.below(56)));
    std::vector<double> values(2 + stream.below(3));
    for (double& value : values) value = size + spread * stream.normal();
    check_values(values);
  }
}

TEST_CASE("labels have as many digits as tell the ticks apart") {
  const report::PlotAxis narrow(report::Scale::kLinear, {1000.05, 1000.95});
  REQUIRE(narrow.ticks().size() == 4);
  CHECK(narrow.ticks().front().label == "1000.2");
  CHECK(narrow.ticks().back().label == "1000.8");
  const report::PlotAxis given(report::Scale::kLog, {1'000'001.0, 1'000'002.0}, {1'000'001.0, 1'000'002.0});
  CHECK(given.ticks()[0].label == "1000001");
  CHECK(given.ticks()[1].label == "1000002");
}

TEST_CASE("a logarithmic axis between two powers has the ticks of a linear one") {
  const report::PlotAxis axis(report::Scale::kLog, {3.0, 3.1});
  CHECK(axis.ticks().size() >= 2);
}

TEST_CASE("a chart of numbers that agree but for their last bits is drawn over an axis that has a width") {
  const double above = std::nextafter(std::nextafter(0.7, 1.0), 1.0);
  for (const report::Scale scale : {report::Scale::kLinear, report::Scale::kLog}) {
    report::Chart chart{.id = "c", .x = {.label = "epoch", .column = "epoch"}, .y = {.label = "loss", .column = "loss", .scale = scale}};
    chart.panels = {{.title = "panel", .series = {{.name = "eval", .points = {{.x = 1, .y = 0.7}, {.x = 2, .y = above}}}}}};
    const std::string picture = report::draw(chart, report::Room::kPanel).front();
    for (const char* word : {"nan", "inf"}) CHECK(picture.find(word) == std::string::npos);
    const report::ChartAxes axes = report::axes_of(chart);
    CHECK(axes.y.high() - axes.y.low() > 0.01);
  }
}
