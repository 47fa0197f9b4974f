#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/draw/chart.hpp"

namespace normrun::report {

/// A picture that is built element by element.  Elements have only classes, so colours and fonts come from the page.
class Svg {
 public:
  using Points = std::vector<std::pair<double, double>>;
  enum class Anchor { kStart, kMiddle, kEnd };

  /// `id` must be unique on the page.  A screen reader reads out the title and the description.  `attributes` tell the page's script
  /// about the picture's axes.
  Svg(const std::string& id, double width, double height, std::string_view title, std::string_view description,
      const std::string& attributes = "");

  void line(double x1, double y1, double x2, double y2, std::string_view css);
  void polyline(const Points& points, std::string_view css, std::string_view values = "");
  void polygon(const Points& points, std::string_view css);
  void rectangle(double x, double y, double width, double height, std::string_view css, std::string_view hint = "");
  /// Draws one of a few shapes.  The page shows `hint` under the pointer.
  void marker(double x, double y, const Look& look, std::string_view hint);
  /// Draws many small dots as one element.  `hints` has one text for each dot.
  void dots(const Points& points, std::string_view css, const std::vector<std::string>& hints);
  void text(double x, double y, std::string_view words, Anchor anchor, std::string_view css);

  /// Elements of one series belong together.  Draw them between open_series() and close().
  void open_series(const std::string& name, int colour);
  void open(std::string_view css);
  void close() { body_ += "</g>\n"; }

  std::string finished() const { return body_ + "</svg>"; }

 private:
  std::string body_;
};

/// Returns the classes of a series' line or marker: "line c0 dashed".
std::string css_of(std::string_view kind, const Look& look);

/// Splits a panel's title into two lines if it does not fit into one: at a comma, or at a blank if no comma is in reach.
std::vector<std::string> title_lines(std::string_view title, std::size_t longest);
/// Estimates how wide a text of the figures is.
double text_width(std::string_view words);

}  // namespace normrun::report
