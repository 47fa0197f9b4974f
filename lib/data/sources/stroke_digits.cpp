// stroke-digits: 28 x 28 grey digits, drawn as a pen would draw them.  For each digit the generator chooses one way of writing it,
// trembling points, a random affine map and a pen width.  It smooths the edges by the distance to the strokes and adds noise to every
// pixel.  This data set needs no file.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/elementary.hpp"
#include "data/generated.hpp"
#include "data/sources/members.hpp"
#include "data/sources/stroke_glyphs.hpp"

namespace normrun::data::sources {
namespace {

constexpr Index kSide = 28;
constexpr Index kPixels = kSide * kSide;
constexpr double kGlyphSide = 20.0;  // the side, in pixels, of a glyph's unit square before distortion
constexpr double kCentre = 0.5 * static_cast<double>(kSide);
constexpr Index kStepsPerSpan = 5;  // how many straight lines join two points of a curve

// The standard deviations of the distortions if the option distortion is 1.
constexpr double kTremble = 0.024;  // in sides of the glyph, for each point
constexpr double kRotation = 0.14;  // in radians
constexpr double kShear = 0.17;
constexpr double kStretch = 0.10;     // for each axis
constexpr double kTranslation = 1.0;  // pixels

using Image = std::array<double, kPixels>;

/// The random affine map of one digit, from glyph to pixel coordinates.
struct Placement {
  double xx = 1.0, xy = 0.0, yx = 0.0, yy = 1.0;
  double x0 = 0.0, y0 = 0.0;

  Point apply(Point p) const {
    const double x = (p.x - 0.5) * kGlyphSide;
    const double y = (p.y - 0.5) * kGlyphSide;
    return {xx * x + xy * y + x0, yx * x + yy * y + y0};
  }
};

Placement random_placement(double distortion, RandomStream& stream) {
  const double angle = distortion * kRotation * stream.normal();
  const double shear = distortion * kShear * stream.normal();
  const double wide = std::clamp(1.0 + distortion * kStretch * stream.normal(), 0.6, 1.4);
  const double high = std::clamp(1.0 + distortion * kStretch * stream.normal(), 0.6, 1.4);
  const double sin = math::sin(angle);
  const double cos = math::cos(angle);
  Placement place;  // its matrix is rotation * shear * stretch
  place.xx = cos * wide;
  place.xy = (cos * shear - sin) * high;
  place.yx = sin * wide;
  place.yy = (sin * shear + cos) * high;
  place.x0 = kCentre + distortion * kTranslation * stream.normal();
  place.y0 = kCentre + distortion * kTranslation * stream.normal();
  return place;
}

struct Pen {
  double radius = 1.0;  // pixels
  double ink = 1.0;     // the value of a fully covered pixel

  double reach() const { return radius + 0.5; }
};

/// The first and the last pixel of a range along one axis.
struct PixelRange {
  Index first;
  Index last;
};
/// Returns the pixels along one axis whose centres lie within `reach` of [a, b].
PixelRange pixels_near(double a, double b, double reach) {
  const double low = std::clamp(std::min(a, b) - reach, 0.0, static_cast<double>(kSide));
  const double high = std::clamp(std::max(a, b) + reach, 0.0, static_cast<double>(kSide));
  return {static_cast<Index>(low), std::min(static_cast<Index>(high), kSide - 1)};
}

/// Computes each pixel's squared distance from this line, and stores it if it is smaller than the pixel's distance from the strokes so far.
/// Pixels out of reach of the line stay unchanged.
void approach_line(Point a, Point b, double reach, Image& squared_distances) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length_squared = dx * dx + dy * dy;
  const double inv_length_squared = length_squared > 0.0 ? 1.0 / length_squared : 0.0;
  const PixelRange rows = pixels_near(a.y, b.y, reach);
  const PixelRange cols = pixels_near(a.x, b.x, reach);
  for (Index row = rows.first; row <= rows.last; ++row) {
    const double py = static_cast<double>(row) + 0.5 - a.y;
    for (Index col = cols.first; col <= cols.last; ++col) {
      const double px = static_cast<double>(col) + 0.5 - a.x;
      const double along = std::clamp((px * dx + py * dy) * inv_length_squared, 0.0, 1.0);
      const double ex = px - along * dx;
      const double ey = py - along * dy;
      double& nearest = squared_distances[static_cast<std::size_t>(row * kSide + col)];
      nearest = std::min(nearest, ex * ex + ey * ey);
    }
  }
}

/// Turns squared distances into grey: the coverage of a pixel is 1 inside the pen's path, 0 half a pixel outside it, and linear in between.
void ink(const Pen& pen, Image& image) {
  const double reach = pen.reach();
  for (double& pixel : image) pixel = pixel < reach * reach ? pen.ink * std::min(reach - std::sqrt(pixel), 1.0) : 0.0;
}

/// Returns the point at t on the Catmull-Rom curve from p1 to p2.
Point point_between(Point p0, Point p1, Point p2, Point p3, double t) {
  const auto blend = [t](double a, double b, double c, double d) {
    return b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)));
  };
  return {blend(p0.x, p1.x, p2.x, p3.x), blend(p0.y, p1.y, p2.y, p3.y)};
}

void approach_curve(const std::array<Point, kMaxStrokePoints>& points, std::size_t count, bool is_closed, double reach,
                    Image& squared_distances) {
  if (count == 2) {
    approach_line(points[0], points[1], reach, squared_distances);
    return;
  }
  for (std::size_t i = 0; i + 1 < count; ++i) {
    const Point before = i > 0 ? points[i - 1] : is_closed ? points[count - 2] : points[0];
    const Point after = i + 2 < count ? points[i + 2] : is_closed ? points[1] : points[count - 1];
    Point from = points[i];
    for (Index step = 1; step <= kStepsPerSpan; ++step) {
      const double t = static_cast<double>(step) / static_cast<double>(kStepsPerSpan);
      const Point to = point_between(before, points[i], points[i + 1], after, t);
      approach_line(from, to, reach, squared_distances);
      from = to;
    }
  }
}

void draw_glyph(const Glyph& glyph, double distortion, RandomStream& stream, Image& image) {
  const Placement place = random_placement(distortion, stream);
  const Pen pen{.radius = stream.uniform(0.7, 1.5), .ink = stream.uniform(0.75, 1.0)};
  image.fill(std::numeric_limits<double>::infinity());  // far from every stroke
  for (const Stroke& stroke : glyph) {
    std::array<Point, kMaxStrokePoints> points;
    const bool is_closed = stroke.front().x == stroke.back().x && stroke.front().y == stroke.back().y;
    for (std::size_t i = 0; i < stroke.size(); ++i) {
      const double dx = distortion * kTremble * stream.normal();
      const double dy = distortion * kTremble * stream.normal();
      points[i] = place.apply({stroke[i].x + dx, stroke[i].y + dy});
    }
    if (is_closed) points[stroke.size() - 1] = points[0];
    approach_curve(points, stroke.size(), is_closed, pen.reach(), image);
  }
  ink(pen, image);
}

/// Returns a number of mean 0 and sd 1 with a triangular density on [-2.45, 2.45]: the sum of two uniform numbers from 32 random bits.  A
/// normal number for each pixel would take longer than drawing the digit.
double triangular(std::uint32_t bits) {
  constexpr double kRootSix = 2.449489742783178;
  const double sum = static_cast<double>(bits & 0xffff) + static_cast<double>(bits >> 16);
  return kRootSix * (sum * 0x1p-16 - (1.0 - 0x1p-16));
}

struct DigitSampler {
  Index digits = static_cast<Index>(kDigits);
  double noise = 0.1;
  double distortion = 1.0;
  Shape example{kSide, kSide, 1};

  const Shape& shape() const { return example; }
  Index classes() const { return digits; }
  Index outputs() const { return 0; }

  void add_noise(RandomStream& stream, Image& image) const {
    std::array<std::uint32_t, Image{}.size()> bits;
    stream.fill(bits);
    for (std::size_t p = 0; p < image.size(); ++p) image[p] = std::clamp(image[p] + noise * triangular(bits[p]), 0.0, 1.0);
  }

  template <class T>
  void fill(const Preparation& preparation, RowStreams& streams, const RowsOut<T>& out) const {
    Image image;
    for (Index r = 0; r < out.features.rows; ++r) {
      const std::uint64_t digit = streams.targets.below(static_cast<std::uint64_t>(digits));
      out.labels[r] = static_cast<std::int32_t>(digit);
      const std::vector<Glyph>& ways = stroke_glyphs()[static_cast<std::size_t>(digit)];
      draw_glyph(ways[static_cast<std::size_t>(streams.rows.below(ways.size()))], distortion, streams.rows, image);
      if (noise > 0.0) add_noise(streams.rows, image);
      T* row = out.features.row(r);
      for (std::size_t p = 0; p < image.size(); ++p) row[p] = static_cast<T>(preparation.prepared(image[p]));
    }
  }
};

class StrokeDigits final : public SourceOf<StrokeDigits> {
 public:
  StrokeDigits() { generator_.samples = 5000; }

  template <class T>
  Loaded<T> rows(std::uint64_t seed, const std::string& /*folder*/) const {
    return draw<T>(DigitSampler{.digits = classes_, .noise = noise_, .distortion = distortion_}, generator_, preparation, seed);
  }
  bool depends_on_seed() const override { return true; }
  Outline outline(const std::string& /*folder*/) const override {
    return outline_of(Shape{kSide, kSide, 1}, classes_, 0, generator_, preparation);
  }

 protected:
  void describe_own(config::OptionVisitor& visitor) override {
    generator_.describe(visitor);
    visitor.integer({"classes", "the digits 0 to classes - 1"}, classes_, {.low = 2, .high = static_cast<Index>(kDigits)});
    visitor.number({"noise", "sd of the noise on every pixel, before it is clipped to [0, 1]"}, noise_, config::at_least(0.0));
    visitor.number({"distortion", "how crooked the writing is: 0 neat print, 1 as people write, above 1 a scrawl"}, distortion_,
                   config::between(0.0, 3.0));
  }

 private:
  GeneratorOptions generator_;
  Index classes_ = static_cast<Index>(kDigits);
  double noise_ = 0.1;
  double distortion_ = 1.0;
};

}  // namespace

config::FamilyMember stroke_digits() {
  return {"stroke-digits", "28 x 28 grey digits drawn from vector strokes with random distortion; inputs in [0, 1], shape (28, 28, 1)",
          "generated; nothing to download", [] { return std::make_shared<StrokeDigits>(); }};
}

}  // namespace normrun::data::sources
