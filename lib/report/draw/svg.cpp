#include "report/draw/svg.hpp"

#include "core/text.hpp"
#include "fmt/format.h"
#include "report/draw/text.hpp"

namespace normrun::report {
namespace {

constexpr double kTitleLine = 16.0;

/// Returns a coordinate in tenths of a pixel: finer than any screen, and the same digits on every machine.
std::string coordinate(double value) {
  std::string digits = fmt::format("{:.1f}", value);
  if (digits.ends_with(".0")) digits.resize(digits.size() - 2);
  return digits == "-0" ? "0" : digits;
}

std::string coordinates(const Svg::Points& points) {
  std::string list;
  for (const auto& [x, y] : points) list += (list.empty() ? "" : " ") + coordinate(x) + ',' + coordinate(y);
  return list;
}

const char* anchor_name(Svg::Anchor anchor) {
  switch (anchor) {
    case Svg::Anchor::kStart:
      return "start";
    case Svg::Anchor::kMiddle:
      return "middle";
    case Svg::Anchor::kEnd:
      break;
  }
  return "end";
}

std::string hint_element(std::string_view hint) { return hint.empty() ? "" : "<title>" + escaped(hint) + "</title>"; }

}  // namespace

Svg::Svg(std::string id, double width, double height, std::string_view title, std::string_view description) {
  body_ = fmt::format(
      "<svg role=\"img\" aria-labelledby=\"{0}-t {0}-d\" viewBox=\"0 0 {1} {2}\" width=\"{1}\" height=\"{2}\">"
      "<title id=\"{0}-t\">{3}</title><desc id=\"{0}-d\">{4}</desc>\n",
      id, coordinate(width), coordinate(height), escaped(title), escaped(description));
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view css) {
  body_ += fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", css, coordinate(x1), coordinate(y1),
                       coordinate(x2), coordinate(y2));
}

void Svg::polyline(const Points& points, std::string_view css) {
  body_ += fmt::format("<polyline class=\"{}\" points=\"{}\"/>\n", css, coordinates(points));
}

void Svg::polygon(const Points& points, std::string_view css) {
  body_ += fmt::format("<polygon class=\"{}\" points=\"{}\"/>\n", css, coordinates(points));
}

void Svg::rectangle(double x, double y, double width, double height, std::string_view css, std::string_view hint) {
  body_ += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">{}</rect>\n", css, coordinate(x), coordinate(y),
                       coordinate(width), coordinate(height), hint_element(hint));
}

void Svg::marker(double x, double y, int shape, std::string_view css, std::string_view hint) {
  static const std::vector<std::string_view> shapes = {
      "M-3.2,0a3.2,3.2 0 1,0 6.4,0a3.2,3.2 0 1,0 -6.4,0z",  // circle
      "M-2.9,-2.9h5.8v5.8h-5.8z",                           // square
      "M0,-3.9L3.6,2.7H-3.6z",                              // triangle
      "M0,-4.1L4.1,0L0,4.1L-4.1,0z",                        // diamond
      "M0,3.9L3.6,-2.7H-3.6z",                              // triangle, point down
  };
  body_ += fmt::format("<path class=\"{}\" transform=\"translate({},{})\" d=\"{}\">{}</path>\n", css, coordinate(x), coordinate(y),
                       shapes[static_cast<std::size_t>(shape) % shapes.size()], hint_element(hint));
}

void Svg::text(double x, double y, std::string_view words, Anchor anchor, std::string_view css) {
  body_ += fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n", css, coordinate(x), coordinate(y),
                       anchor_name(anchor), escaped(words));
}

void Svg::head(const std::vector<std::string>& title, std::string_view y_label) {
  double y = 13.0;
  for (const std::string& line : title) {
    text(0, y, line, Anchor::kStart, "head");
    y += kTitleLine;
  }
  text(0, y + 2.0, y_label, Anchor::kStart, "axis");
}

std::vector<std::string> title_lines(std::string_view title) {
  constexpr std::size_t kLongest = 42;
  if (characters_of(title) <= kLongest) return {std::string(title)};
  std::size_t end = std::string_view::npos;
  for (std::size_t comma = title.find(", "); comma != std::string_view::npos; comma = title.find(", ", comma + 1)) {
    if (characters_of(title.substr(0, comma + 1)) <= kLongest) end = comma + 1;
  }
  if (end == std::string_view::npos) return {shortened(title, kLongest)};
  return {std::string(title.substr(0, end)), shortened(title.substr(end + 1), kLongest)};
}

double head_height(std::size_t lines) { return 30.0 + kTitleLine * static_cast<double>(lines); }

double text_width(std::string_view words) {
  constexpr double kCharacter = 6.4;  // at 11.5 px, slightly too wide to be safe
  return kCharacter * static_cast<double>(characters_of(words));
}

}  // namespace normrun::report
