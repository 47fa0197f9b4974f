#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "report/draw/bar_chart.hpp"
#include "report/draw/elements.hpp"
#include "report/draw/line_chart.hpp"
#include "report/draw/plot_axis.hpp"
#include "report/draw/svg.hpp"
#include "report/draw/text.hpp"
#include "report/draw/vega_lite.hpp"
#include "report/figures/figures.hpp"
#include "report/results/words.hpp"

using namespace normrun;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
  return times;
}

report::LineChart chart_of(std::vector<report::LinePoint> points, report::Scale y_scale) {
  return {"c", "batch size", "gap", report::Scale::kLog, y_scale, {}, {{"panel", {{"batch <norm>", 0, std::move(points)}}}}};
}

}  // namespace

TEST_CASE("texts are escaped for elements and for attributes") {
  CHECK(report::escaped("<script>alert(\"1\" & '2')</script>") == "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
  CHECK(report::escaped("a\nb\tc\x01") == "a\nb\tc\xEF\xBF\xBD");
  CHECK(report::escaped("γ ≥ 1") == "γ ≥ 1");
}

TEST_CASE("numbers keep three digits, shares are percents") {
  CHECK(report::shown(0.0) == "0");
  CHECK(report::shown(0.012345) == "0.0123");
  CHECK(report::shown(123456.0) == "123456");
  CHECK(report::percent(0.7912) == "79 %");
  CHECK(report::percent(0.0123) == "1.2 %");
  CHECK(report::percent(0.0) == "0");
}

TEST_CASE("a link holds a file byte by byte") {
  CHECK(report::data_link("text/csv", "a,b\n\"1 %\",β\n") == "data:text/csv;charset=utf-8,a,b%0A%221%20%25%22,%CE%B2%0A");
}

TEST_CASE("an axis has a few round ticks within its ends") {
  for (const auto& [low, high] :
       {std::pair(0.0, 1.0), std::pair(-3.2, 4.1), std::pair(0.9031, 0.9417), std::pair(1e-9, 3e-9), std::pair(5.0, 5.0)}) {
    CAPTURE(low);
    const report::PlotAxis axis(report::Scale::kLinear, {low, high});
    CHECK(axis.ticks().size() >= 2);
    CHECK(axis.ticks().size() <= 7);
    for (const report::Tick& tick : axis.ticks()) CHECK((axis.place(tick.value) >= -1e-9 && axis.place(tick.value) <= 1.0 + 1e-9));
  }
  const report::PlotAxis decades(report::Scale::kLog, {1e-40, 1.0, 0.0, -1.0, kNan});
  CHECK(decades.low() > 0.0);
  CHECK(decades.ticks().size() <= 7);
  CHECK(decades.ticks().size() >= 3);
  CHECK(decades.ticks().front().label != "0");
  CHECK(report::PlotAxis(report::Scale::kLog, {}).ticks().size() <= 7);
}

TEST_CASE("a line chart draws every point, its interval and its name") {
  const std::string picture =
      report::draw(chart_of({{2, 0.8, 0.7, 0.9}, {8, 0.4, 0.3, 0.5}, {32, 0.2, kNan, kNan}}, report::Scale::kLog)).front();
  CHECK(count(picture, "<path class=\"mark c0\"") == 3);
  CHECK(count(picture, "<polygon class=\"band c0\"") == 1);
  CHECK(count(picture, "<polyline class=\"line c0\"") == 1);
  CHECK(picture.find("batch &lt;norm&gt;: 0.8 at 2 (95 %: 0.7 to 0.9)") != std::string::npos);
  CHECK(picture.find("<desc id=\"c-0-d\">gap against batch size. batch &lt;norm&gt;: from 0.8 at 2 to 0.2 at 32.</desc>") !=
        std::string::npos);
  CHECK(picture.find("<norm>") == std::string::npos);
}

TEST_CASE("a zero stays visible on a logarithmic axis, what is no number is left out") {
  const std::string picture =
      report::draw(chart_of({{2, 0.8, kNan, kNan}, {8, 0.0, 0.0, 0.0}, {32, kNan, kNan, kNan}}, report::Scale::kLog)).front();
  CHECK(count(picture, "<path class=\"mark c0\"") == 2);
  for (const char* word : {"nan", "inf"}) CHECK(picture.find(word) == std::string::npos);
}

TEST_CASE("stacked bars grow from 0 to either side") {
  const std::string picture =
      report::draw_bars({"b", "Shares", "gap", report::BarUnit::kShares}, {{"row", "10 %", {{"up", 0, 1.2}, {"down", 1, -0.2}}}});
  const auto number = [&](const std::string& css, const std::string& name) {
    const std::size_t at = picture.find(' ' + name + "=\"", picture.find("class=\"part " + css)) + name.size() + 3;
    return std::stod(picture.substr(at));
  };
  CHECK(number("c0", "width") == doctest::Approx(6.0 * number("c1", "width")).epsilon(0.01));
  CHECK(number("c1", "x") + number("c1", "width") == doctest::Approx(number("c0", "x")).epsilon(0.001));
}

TEST_CASE("a table rounds what it shows and keeps the digits, and says what it leaves out") {
  report::DataTable table{{"<b>", "value"}, {}};
  for (int i = 0; i < 300; ++i) table.rows.push_back({"&", "0.123456789"});
  const std::string element = report::table_element("t", "t.csv", table, 300);
  CHECK(element.find("<td class=\"number\" data-v=\"0.123456789\">0.123</td>") != std::string::npos);
  CHECK(element.find("<th scope=\"col\">&lt;b&gt;</th>") != std::string::npos);
  CHECK(count(element, "<td>&amp;</td>") == report::kMostTableRows);
  CHECK(element.find("The first 200 of 300 rows.") != std::string::npos);
}

TEST_CASE("a saved figure draws zeros on a logarithmic axis and colours series by name") {
  report::LineChart chart = chart_of({{2, 0.8, 0.7, 0.9}, {8, 0.4, 0.3, 0.5}, {32, 0.0, kNan, kNan}}, report::Scale::kLog);
  chart.panels.front().series.front().value = "batch";
  chart.panels.front().rows = {{"split", "1"}};
  chart.x_column = "size";
  chart.y_column = "gap";
  chart.series_column = "norm";
  const report::Figure figure{
      "gap",
      "Gap?",
      "Caption.",
      {},
      {},
      {{"split", "norm", "size", "gap", "ci95_low", "ci95_high"},
       {{"1", "batch", "2", "0.8", "0.7", "0.9"}, {"1", "batch", "8", "0.4", "0.3", "0.5"}, {"1", "batch", "32", "0", "", ""}}}};
  const std::string spec = report::line_spec(figure, {chart});
  // What chooses rows stays a text; numbers are numbers; an empty cell is left out.
  CHECK(spec.find(R"({"split":"1","norm":"batch","size":2,"gap":0.8,"ci95_low":0.7,"ci95_high":0.9})") != std::string::npos);
  CHECK(spec.find(R"({"split":"1","norm":"batch","size":32,"gap":0})") != std::string::npos);
  CHECK(spec.find(R"({"filter":{"field":"split","equal":"1"}})") != std::string::npos);
  CHECK(spec.find(R"("scale":{"domain":["batch"],"range":["#0067a3"]})") != std::string::npos);
  CHECK(spec.find("datum.label : '0'") != std::string::npos);
  CHECK(spec.find("isValid(datum['gap']) ? max(datum['gap'], 0.") != std::string::npos);
}

TEST_CASE("named places are rows of dots, those of a row about its middle") {
  report::LineChart chart = chart_of({{0, 0.2, 0.1, 0.3}, {2, 0.8, kNan, kNan}}, report::Scale::kLinear);
  chart.panels.front().series.push_back({"other", 1, {{0, 0.4, kNan, kNan}}});
  chart.x_names = {"first", "nothing", "<last>"};
  const std::string picture = report::draw(chart).front();
  CHECK(count(picture, "<path class=\"mark c0\"") == 2);
  CHECK(count(picture, "<path class=\"mark c1\"") == 1);
  CHECK(count(picture, "<line class=\"bar c0\"") == 1);
  CHECK(picture.find(">&lt;last&gt;</text>") != std::string::npos);
  CHECK(picture.find("nothing") == std::string::npos);
  CHECK(picture.find("gap. first: batch &lt;norm&gt; 0.2, other 0.4. &lt;last&gt;: batch &lt;norm&gt; 0.8.") != std::string::npos);
  const auto place_of = [&](const std::string& css, std::size_t which) {
    std::size_t at = 0;
    for (std::size_t i = 0; i <= which; ++i) at = picture.find("mark " + css, at + 1);
    const std::size_t start = picture.find("translate(", at) + 10;
    return std::pair(std::stod(picture.substr(start)), std::stod(picture.substr(picture.find(',', start) + 1)));
  };
  CHECK(place_of("c0", 0).first < place_of("c1", 0).first);
  CHECK(place_of("c1", 0).first < place_of("c0", 1).first);
  CHECK(place_of("c1", 0).second - place_of("c0", 0).second == doctest::Approx(11.0));
}

TEST_CASE("of many values those that are drawn are spread from the first to the last") {
  CHECK(report::spread(std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 4) == std::vector<int>{0, 3, 6, 9});
  CHECK(report::spread(std::vector<int>{0, 1, 2}, 3) == std::vector<int>{0, 1, 2});
  CHECK(report::spread(std::vector<int>{5, 6}, 1) == std::vector<int>{5});
  CHECK(report::spread(std::vector<int>{5, 6}, 0).empty());
}

TEST_CASE("a long title breaks behind a comma, or is shortened") {
  CHECK(report::title_lines("batch norm, batch 2") == std::vector<std::string>{"batch norm, batch 2"});
  CHECK(report::title_lines("train against eval, momentum = 0.5, learning_rate = 0.003") ==
        std::vector<std::string>{"train against eval, momentum = 0.5,", "learning_rate = 0.003"});
  CHECK(report::title_lines(std::string(60, 'x')) == std::vector<std::string>{std::string(41, 'x') + "…"});
}
