#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "report/draw/elements.hpp"
#include "report/draw/panels.hpp"
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

report::Chart chart_of(std::vector<report::Point> points, report::Scale y_scale) {
  report::Chart chart{.id = "c",
                      .x = {.label = "batch size", .column = "size", .scale = report::Scale::kLog},
                      .y = {.label = "gap", .column = "gap", .scale = y_scale},
                      .series_column = "norm"};
  chart.panels = {{.title = "panel", .rows = {{"split", "1"}}, .series = {{.name = "batch <norm>", .points = std::move(points)}}}};
  return chart;
}

std::string picture_of(const report::Chart& chart) { return report::draw(chart, report::Room::kPanel).front(); }

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
  CHECK(report::score(0.93456) == "93.5 %");
  CHECK(report::in_unit(0.5, report::Unit::kShare) == "50 %");
}

TEST_CASE("a link holds a file byte by byte, and no mark that ends its attribute or begins an element") {
  CHECK(report::data_link("text/csv", "'<&>#") == "data:text/csv;charset=utf-8,%27%3C%26%3E%23");
  CHECK(report::data_link("text/csv", "a,b\n\"1 %\",β\n") == "data:text/csv;charset=utf-8,a,b%0A\"1 %25\",%CE%B2%0A");
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
  const report::Chart chart = chart_of({{2, 0.8, 0.7, 0.9}, {8, 0.4, 0.3, 0.5}, {.x = 32, .y = 0.2}}, report::Scale::kLog);
  const std::string picture = report::draw(chart, report::Room::kWide).front();
  CHECK(count(picture, "<path class=\"mark c0\"") == 3);
  CHECK(count(picture, "<polygon class=\"band c0\"") == 1);
  CHECK(count(picture, "<polyline class=\"line c0\"") == 1);
  CHECK(picture.find("batch &lt;norm&gt;, batch size 2: 0.8 (95 %: 0.7 to 0.9)") != std::string::npos);
  CHECK(picture.find("gap against batch size. batch &lt;norm&gt;: from 0.8 at 2 to 0.2 at 32.</desc>") != std::string::npos);
  CHECK(picture.find("class=\"name c0\"") != std::string::npos);
  CHECK(picture.find("<norm>") == std::string::npos);
  CHECK(picture_of(chart).find("class=\"name c0\"") == std::string::npos);  // there the legend has the names
}

TEST_CASE("a zero stays visible on a logarithmic axis, what is no number is left out") {
  const std::string picture = picture_of(chart_of({{.x = 2, .y = 0.8}, {8, 0.0, 0.0, 0.0}, {.x = 32, .y = kNan}}, report::Scale::kLog));
  CHECK(count(picture, "<path class=\"mark c0\"") == 2);
  CHECK(count(picture, ">0</text>") == 1);
  for (const char* word : {"nan", "inf"}) CHECK(picture.find(word) == std::string::npos);
}

TEST_CASE("series that are exactly 0 lie in rows of their own below the break") {
  report::Chart chart = chart_of({{.x = 2, .y = 0.8}, {.x = 8, .y = 0.4}}, report::Scale::kLog);
  for (const char* name : {"one", "two"})
    chart.panels.front().series.push_back({.name = name, .look = {1}, .points = {{.x = 2, .y = 0.0}, {.x = 8, .y = 0.0}}});
  CHECK(report::axes_of(chart).zero_rows == 2);
  const std::string picture = report::draw(chart, report::Room::kWide).front();
  CHECK(picture.find("one: exactly 0") != std::string::npos);
  CHECK(picture.find("two: exactly 0") != std::string::npos);
}

TEST_CASE("a dense line has no markers, and gives the script its numbers") {
  std::vector<report::Point> points;
  for (int i = 1; i <= 40; ++i) points.push_back({.x = static_cast<double>(i), .y = 0.5});
  const std::string picture = picture_of(chart_of(points, report::Scale::kLinear));
  CHECK(count(picture, "class=\"mark") == 0);
  CHECK(picture.find("data-hints=\"batch size 1: 0.5|batch size 2: 0.5|") != std::string::npos);
  CHECK(picture.find(" data-zoom=\"log ") != std::string::npos);
}

TEST_CASE("stacked bars grow from 0 to either side, and end in their sum") {
  report::Chart chart{.id = "b",
                      .x = {.label = "", .column = "row", .names = {"first"}},
                      .y = {.label = "gap", .column = "part", .unit = report::Unit::kShare}};
  const auto bar = [](const char* name, int colour, double value) {
    return report::Series{.name = name, .look = {colour}, .points = {{.x = 0, .y = value}}, .kind = report::Series::Kind::kBars};
  };
  chart.panels = {{.title = "Shares", .series = {bar("up", 0, 1.2), bar("down", 1, -0.2)}}};
  const std::string picture = picture_of(chart);
  const auto number = [&](const std::string& css, const std::string& name) {
    const std::size_t at = picture.find(' ' + name + "=\"", picture.find("class=\"part " + css)) + name.size() + 3;
    return std::stod(picture.substr(at));
  };
  CHECK(number("c0", "width") == doctest::Approx(6.0 * number("c1", "width")).epsilon(0.01));
  CHECK(number("c1", "x") + number("c1", "width") == doctest::Approx(number("c0", "x")).epsilon(0.001));
  CHECK(picture.find(">100 %</text>") != std::string::npos);
  CHECK(picture.find("first, up: 120 %") != std::string::npos);
}

TEST_CASE("a legend shows dots where the points of named rows are dots, and strokes where they are lines") {
  const auto legend_of = [](const std::vector<std::string>& rows) {
    report::Chart chart{.id = "d", .x = {.label = "", .column = "row", .names = rows}, .y = {.label = "accuracy", .column = "mean"}};
    chart.panels = {{.title = "Modes",
                     .series = {{.name = "eval mode", .points = {{.x = 0, .y = 0.7}}},
                                {.name = "train mode", .look = {0, report::Look::Stroke::kDashed}, .points = {{.x = 0, .y = 0.9}}}}}};
    const std::string element = report::figure_element({.id = "f", .title = "F", .charts = {chart}});
    const std::size_t from = element.find("<ul class=\"legend\">");
    return element.substr(from, element.find("</ul>", from) - from);
  };
  CHECK(legend_of({"batch norm"}).find("<li class=\"c0 dot dashed\">train mode</li>") != std::string::npos);
  CHECK(legend_of({}).find("<li class=\"c0 dashed\">train mode</li>") != std::string::npos);
}

TEST_CASE("a table rounds what it shows and keeps the digits, and says what it leaves out") {
  report::DataTable table{{"<b>", "value"}, {}};
  for (int i = 0; i < 300; ++i) table.rows.push_back({"&", "0.123456789"});
  const std::string element = report::table_element("t", table, 300);
  CHECK(element.find("<td class=\"number\" data-v=\"0.123456789\">0.123</td>") != std::string::npos);
  CHECK(element.find("<th scope=\"col\">&lt;b&gt;</th>") != std::string::npos);
  CHECK(count(element, "<td>&amp;</td>") == report::kMostTableRows);
  CHECK(element.find("The first 200 of 300 rows.") != std::string::npos);
}

TEST_CASE("a saved figure draws zeros on a logarithmic axis and colours series by name") {
  const report::Figure figure{
      .id = "gap",
      .title = "Gap?",
      .charts = {chart_of({{2, 0.8, 0.7, 0.9, 3}, {8, 0.4, 0.3, 0.5, 3}, {.x = 32, .y = 0.0, .n = 3}}, report::Scale::kLog)}};
  const std::string spec = report::specification(figure);
  CHECK(spec.find(R"("values":"split,norm,size,gap,ci95_low,ci95_high,n\n1,batch <norm>,2,0.8,0.7,0.9,3\n)") != std::string::npos);
  CHECK(spec.find(R"(1,batch <norm>,32,0,,,3\n)") != std::string::npos);
  // What chooses rows stays a text; numbers are numbers.
  CHECK(spec.find(R"("parse":{"split":"string","norm":"string","size":"number","gap":"number")") != std::string::npos);
  CHECK(spec.find(R"({"filter":{"field":"split","equal":"1"}})") != std::string::npos);
  CHECK(spec.find(R"("scale":{"domain":["batch <norm>"],"range":["#0067a3"]})") != std::string::npos);
  CHECK(spec.find("datum.label : '0'") != std::string::npos);
  CHECK(spec.find("isValid(datum['gap']) ? max(datum['gap'], 0.") != std::string::npos);
}

TEST_CASE("the numbers of a figure are those of its charts, without columns that are empty") {
  const report::DataTable data = report::data_of({chart_of({{.x = 2, .y = 0.25}, {.x = 4, .y = 0.125}}, report::Scale::kLinear)});
  CHECK(data.header == std::vector<std::string>{"split", "norm", "size", "gap"});
  CHECK(data.rows == std::vector<std::vector<std::string>>{{"1", "batch <norm>", "2", "0.25"}, {"1", "batch <norm>", "4", "0.125"}});
}

TEST_CASE("named places are rows of dots, those of a row about its middle") {
  report::Chart chart = chart_of({{0, 0.2, 0.1, 0.3}, {.x = 2, .y = 0.8}}, report::Scale::kLinear);
  chart.panels.front().series.push_back({.name = "other", .look = {1}, .points = {{.x = 0, .y = 0.4}}});
  chart.x.names = {"first", "nothing", "<last>"};
  const std::string picture = picture_of(chart);
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
  CHECK(place_of("c1", 0).second - place_of("c0", 0).second == doctest::Approx(12.0));
}

TEST_CASE("a mode whose line is that of a mode before it is not drawn again") {
  const auto line = [](double y) { return report::Series{.name = "", .points = {{.x = 1, .y = y}}}; };
  report::Panel panel{.title = ""};
  report::add_modes(panel, "layer", 1, {{"eval", line(0.5)}, {"train", line(0.5)}, {"population", line(0.5)}});
  report::add_modes(panel, "batch", 0, {{"eval", line(0.5)}, {"train", line(0.25)}, {"population", line(0.5)}});
  REQUIRE(panel.series.size() == 3);
  CHECK(panel.series[0].name == "layer norm, every mode");
  CHECK(panel.series[1].name == "batch norm, eval mode");
  CHECK(panel.series[2].name == "batch norm, train mode");
  CHECK(panel.series[2].look.stroke == report::Look::Stroke::kDashed);
}

TEST_CASE("of many values the weightiest are drawn, in their own order") {
  CHECK(report::weightiest(std::vector<int>{5, 9, 1, 7}, 2, [](int value) { return value; }) == std::vector<int>{9, 7});
  CHECK(report::weightiest(std::vector<int>{5, 9}, 2, [](int value) { return value; }) == std::vector<int>{5, 9});
}

TEST_CASE("of many values those that are drawn are spread from the first to the last") {
  CHECK(report::spread(std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 4) == std::vector<int>{0, 3, 6, 9});
  CHECK(report::spread(std::vector<int>{0, 1, 2}, 3) == std::vector<int>{0, 1, 2});
  CHECK(report::spread(std::vector<int>{5, 6}, 1) == std::vector<int>{5});
  CHECK(report::spread(std::vector<int>{5, 6}, 0).empty());
}

TEST_CASE("a long title breaks behind a comma, or is shortened") {
  CHECK(report::title_lines("batch norm, batch 2", 42) == std::vector<std::string>{"batch norm, batch 2"});
  CHECK(report::title_lines("train against eval, momentum = 0.5, learning_rate = 0.003", 42) ==
        std::vector<std::string>{"train against eval, momentum = 0.5,", "learning_rate = 0.003"});
  CHECK(report::title_lines("eval mode against population statistics", 38) ==
        std::vector<std::string>{"eval mode against population", "statistics"});
  CHECK(report::title_lines(std::string(60, 'x'), 42) == std::vector<std::string>{std::string(41, 'x') + "…"});
}
