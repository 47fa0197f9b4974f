#include <nlohmann/json.hpp>

#include "report/html/vega_lite.hpp"
#include "report/html/vega_parts.hpp"

namespace normrun {

using namespace vega;

namespace {

constexpr double kBarsWidth = 320.0;

}  // namespace

std::string bar_spec(const Figure& figure, const std::string& series, const std::vector<BarView>& views) {
  Json list = Json::array();
  for (const BarView& view : views) {
    Json transform = filters(view.rows);
    transform.push_back({{"calculate", view.name}, {"as", "row"}});
    transform.push_back({{"calculate", view.value}, {"as", "part"}});
    const Json color = looks(series, figure.legend)["color"];
    const Json axis = {{"format", view.format}};
    list.push_back({{"title", title_of(view.title, "")},
                    {"width", kBarsWidth},
                    {"height", {{"step", kRowHeight}}},
                    {"transform", transform},
                    {"mark", {{"type", "bar"}}},
                    {"encoding",
                     {{"y", name_axis("row")},
                      {"x", {{"field", "part"}, {"type", "quantitative"}, {"title", view.value_title}, {"axis", axis}}},
                      {"color", color},
                      {"opacity", opacity_of(series, 1.0)},
                      {"tooltip", hint_of(figure.data, view.rows)}}}});
  }
  return specification(figure, figure.legend, data_of(figure, {series, "norm", "setting", "batch_size", "metric"}), list);
}

std::string histogram_spec(const Figure& figure, const std::string& series, const std::string& x_label,
                           const std::vector<HistogramView>& views) {
  Json list = Json::array();
  std::vector<std::string> texts = {series};
  for (const HistogramView& view : views) {
    for (const auto& [column, value] : view.rows) texts.push_back(column);
    const Json x = {{"field", "bin_low"}, {"type", "quantitative"}, {"bin", "binned"}, {"title", x_label}, {"axis", {{"format", "~g"}}}};
    const Json y = {{"field", "share"}, {"type", "quantitative"}, {"title", "share"}, {"axis", {{"format", "~%"}, {"title", nullptr}}}};
    list.push_back({{"title", title_of(view.title, "share of the outputs")},
                    {"width", kViewWidth},
                    {"height", kViewHeight},
                    {"transform", filters(view.rows)},
                    {"mark", {{"type", "bar"}, {"binSpacing", 0}}},
                    {"encoding",
                     {{"x", x},
                      {"x2", {{"field", "bin_high"}}},
                      {"y", y},
                      {"color", looks(series, figure.legend)["color"]},
                      {"opacity", opacity_of(series, 1.0)},
                      {"tooltip", hint_of(figure.data, view.rows)}}}});
  }
  return specification(figure, figure.legend, data_of(figure, texts), list);
}

}  // namespace normrun
