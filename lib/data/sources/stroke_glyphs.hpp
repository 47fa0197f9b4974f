#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace normrun::data::sources {

struct Point {
  double x = 0.0;
  double y = 0.0;
};
/// A movement of the pen: a smooth curve (Catmull-Rom) through the points.  Two points make a straight line.  A stroke is closed if it ends
/// where it began.
using Stroke = std::vector<Point>;
/// One way of writing a digit in the unit square: x points to the right, y points down.
using Glyph = std::vector<Stroke>;

inline constexpr std::size_t kDigits = 10;
inline constexpr std::size_t kMaxStrokePoints = 12;

/// The ways of writing each digit.
const std::array<std::vector<Glyph>, kDigits>& stroke_glyphs();

}  // namespace normrun::data::sources
