#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace normrun::report {

/// A picture, built up element by element.  Colours and type are the page's: elements have classes only.
class Svg {
 public:
  using Points = std::vector<std::pair<double, double>>;
  enum class Anchor { kStart, kMiddle, kEnd };

  /// `id` is unique on the page; title and description are what a screen reader says.
  Svg(std::string id, double width, double height, std::string_view title, std::string_view description);

  void line(double x1, double y1, double x2, double y2, std::string_view css);
  void polyline(const Points& points, std::string_view css);
  void polygon(const Points& points, std::string_view css);
  /// `hint` appears under the pointer; "" for none.
  void rectangle(double x, double y, double width, double height, std::string_view css, std::string_view hint = "");
  /// One of a few shapes, so that colour is not all that tells series apart.
  void marker(double x, double y, int shape, std::string_view css, std::string_view hint);
  void text(double x, double y, std::string_view words, Anchor anchor, std::string_view css);

  /// A panel's title and what its y axis is, from the top down.
  void head(const std::vector<std::string>& title, std::string_view y_label);

  std::string finished() const { return body_ + "</svg>"; }

 private:
  std::string body_;
};

/// A panel's title in one line or, behind a comma, two.
std::vector<std::string> title_lines(std::string_view title);
/// How much of a picture Svg::head takes with a title of so many lines.
double head_height(std::size_t lines);

/// Roughly how wide a text of the figures is.
double text_width(std::string_view words);

}  // namespace normrun::report
