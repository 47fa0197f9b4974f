#include "report/draw/svg.hpp"

#include <iterator>

#include "core/text.hpp"
#include "fmt/format.h"
#include "report/draw/text.hpp"

namespace normrun::report {
namespace {

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

const char* stroke_name(Look::Stroke stroke) {
  switch (stroke) {
    case Look::Stroke::kSolid:
      return "";
    case Look::Stroke::kDashed:
      return " dashed";
    case Look::Stroke::kDotted:
      return " dotted";
    case Look::Stroke::kDashDotted:
      break;
  }
  return " dashdotted";
}

std::string hint_element(std::string_view hint) { return hint.empty() ? "" : "<title>" + escaped(hint) + "</title>"; }

}  // namespace

std::string css_of(std::string_view kind, const Look& look) { return fmt::format("{} c{}{}", kind, look.colour, stroke_name(look.stroke)); }

Svg::Svg(const std::string& id, double width, double height, std::string_view title, std::string_view description,
         const std::string& attributes) {
  body_ = fmt::format(
      "<svg id=\"{0}\" role=\"img\" aria-labelledby=\"{0}-t {0}-d\" viewBox=\"0 0 {1} {2}\" width=\"{1}\" height=\"{2}\"{5}>"
      "<title id=\"{0}-t\">{3}</title><desc id=\"{0}-d\">{4}</desc>\n",
      id, coordinate(width), coordinate(height), escaped(title), escaped(description), attributes);
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view css) {
  body_ += fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", css, coordinate(x1), coordinate(y1),
                       coordinate(x2), coordinate(y2));
}

void Svg::polyline(const Points& points, std::string_view css, std::string_view values) {
  const std::string data = values.empty() ? "" : fmt::format(" data-hints=\"{}\"", escaped(values));
  body_ += fmt::format("<polyline class=\"{}\" points=\"{}\"{}/>\n", css, coordinates(points), data);
}

void Svg::polygon(const Points& points, std::string_view css) {
  body_ += fmt::format("<polygon class=\"{}\" points=\"{}\"/>\n", css, coordinates(points));
}

void Svg::rectangle(double x, double y, double width, double height, std::string_view css, std::string_view hint) {
  body_ += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">{}</rect>\n", css, coordinate(x), coordinate(y),
                       coordinate(width), coordinate(height), hint_element(hint));
}

void Svg::marker(double x, double y, const Look& look, std::string_view hint) {
  static constexpr std::string_view kShapes[] = {
      "M-3.4,0a3.4,3.4 0 1,0 6.8,0a3.4,3.4 0 1,0 -6.8,0z",                                    // circle
      "M-3,-3h6v6h-6z",                                                                       // square
      "M0,-4.1L3.8,2.8H-3.8z",                                                                // triangle
      "M0,3.9L3.8,-2.8H-3.8z",                                                                // triangle, point down
      "M-1.3,-4h2.6v2.7h2.7v2.6h-2.7v2.7h-2.6v-2.7h-2.7v-2.6h2.7z",                           // plus
      "M-4,-2.4L-2.4,-4L0,-1.6L2.4,-4L4,-2.4L1.6,0L4,2.4L2.4,4L0,1.6L-2.4,4L-4,2.4L-1.6,0z",  // cross
      "M0,-4.3L4.3,0L0,4.3L-4.3,0z",                                                          // diamond
      "M-2.8,-3.8L4.1,0L-2.8,3.8z",                                                           // triangle, point right
  };
  body_ += fmt::format("<path class=\"{}\" transform=\"translate({},{})\" d=\"{}\">{}</path>\n", css_of("mark", look), coordinate(x),
                       coordinate(y), kShapes[static_cast<std::size_t>(look.colour) % std::size(kShapes)], hint_element(hint));
}

void Svg::dots(const Points& points, std::string_view css, const std::vector<std::string>& hints) {
  std::string path;
  for (const auto& [x, y] : points) path += fmt::format("M{},{}h0", coordinate(x), coordinate(y));
  std::string lines;
  for (const std::string& hint : hints) lines += (lines.empty() ? "" : "|") + escaped(hint);
  body_ += fmt::format("<path class=\"dots {}\" d=\"{}\" data-hints=\"{}\"/>\n", css, path, lines);
}

void Svg::text(double x, double y, std::string_view words, Anchor anchor, std::string_view css) {
  body_ += fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n", css, coordinate(x), coordinate(y),
                       anchor_name(anchor), escaped(words));
}

void Svg::open_series(const std::string& name, int colour) {
  body_ += fmt::format("<g class=\"series c{}\" data-name=\"{}\">\n", colour, escaped(name));
}

void Svg::open(std::string_view css) { body_ += fmt::format("<g class=\"{}\">\n", css); }

std::vector<std::string> title_lines(std::string_view title, std::size_t longest) {
  if (characters_of(title) <= longest) return {std::string(title)};
  std::size_t end = std::string_view::npos;
  for (std::size_t blank = title.find(' '); blank <= longest; blank = title.find(' ', blank + 1)) end = blank;  // if no comma fits
  for (std::size_t comma = title.find(", "); comma != std::string_view::npos; comma = title.find(", ", comma + 1)) {
    if (characters_of(title.substr(0, comma + 1)) <= longest) end = comma + 1;
  }
  if (end == std::string_view::npos) return {shortened(title, longest)};
  return {std::string(title.substr(0, end)), shortened(title.substr(end + 1), longest)};
}

double text_width(std::string_view words) {
  constexpr double kCharacter = 7.8;  // of 13 px type; slightly more than the average, to be safe
  return kCharacter * static_cast<double>(characters_of(words));
}

}  // namespace normrun::report
