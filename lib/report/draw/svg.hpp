#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace normrun::report {

/// A picture that is built element by element.  Elements have only classes, so colours and type come from the page.
class Svg {
 public:
  using Points = std::vector<std::pair<double, double>>;
  enum class Anchor { kStart, kMiddle, kEnd };

  /// `id` must be unique on the page.  A screen reader reads out the title and the description.
  Svg(std::string id, double width, double height, std::string_view title, std::string_view description);

  void line(double x1, double y1, double x2, double y2, std::string_view css);
  void polyline(const Points& points, std::string_view css);
  void polygon(const Points& points, std::string_view css);
  /// Draws a rectangle.  `hint` appears under the pointer; "" means none.
  void rectangle(double x, double y, double width, double height, std::string_view css, std::string_view hint = "");
  /// Draws one of a few shapes, so that readers can tell series apart without colour.
  void marker(double x, double y, int shape, std::string_view css, std::string_view hint);
  void text(double x, double y, std::string_view words, Anchor anchor, std::string_view css);

  /// Draws, from the top down, a panel's title and the label of its y axis.
  void head(const std::vector<std::string>& title, std::string_view y_label);

  std::string finished() const { return body_ + "</svg>"; }

 private:
  std::string body_;
};

/// Splits a panel's title at a comma into two lines where it does not fit into one.
std::vector<std::string> title_lines(std::string_view title);
/// Returns the height that Svg::head takes for a title of `lines` lines.
double head_height(std::size_t lines);

/// Estimates how wide a text of the figures is.
double text_width(std::string_view words);

}  // namespace normrun::report
