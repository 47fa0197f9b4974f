// spirals: `classes` arms that wind around each other in the plane; no line separates them.
//
//   radius t ~ U(0, 1), angle = 2 pi (label / classes + turns t), x = t (cos, sin)(angle) + noise N(0, 1)
#include "core/elementary.hpp"
#include "data/generated.hpp"
#include "data/sources/members.hpp"

namespace normrun::data::sources {
namespace {

constexpr double kTwoPi = 6.283185307179586;

struct SpiralSampler {
  Index arms = 3;
  double noise = 0.05;
  double turns = 1.0;
  Shape example{2};

  const Shape& shape() const { return example; }
  Index classes() const { return arms; }
  Index outputs() const { return 0; }

  template <class T>
  void fill(const Preparation& preparation, RowStreams& streams, const RowsOut<T>& out) const {
    for (Index r = 0; r < out.features.rows; ++r) {
      const std::uint64_t arm = streams.targets.below(static_cast<std::uint64_t>(arms));
      out.labels[r] = static_cast<std::int32_t>(arm);
      const double radius = streams.rows.uniform();
      const double angle = kTwoPi * (static_cast<double>(arm) / static_cast<double>(arms) + turns * radius);
      const double x = radius * math::cos(angle) + noise * streams.rows.normal();
      const double y = radius * math::sin(angle) + noise * streams.rows.normal();
      out.features(r, 0) = static_cast<T>(preparation.prepared(x));
      out.features(r, 1) = static_cast<T>(preparation.prepared(y));
    }
  }
};

class Spirals final : public SourceOf<Spirals> {
 public:
  template <class T>
  Loaded<T> rows(std::uint64_t seed, const std::string& /*folder*/) const {
    return draw<T>(SpiralSampler{.arms = classes_, .noise = noise_, .turns = turns_}, generator_, preparation, seed);
  }
  bool depends_on_seed() const override { return true; }
  Outline outline(const std::string& /*folder*/) const override { return outline_of(Shape{2}, classes_, 0, generator_, preparation); }

 protected:
  void describe_own(config::OptionVisitor& visitor) override {
    generator_.describe(visitor);
    visitor.integer({"classes", "the number of arms, one for each class"}, classes_, {.low = 2, .high = 1000});
    visitor.number({"noise", "sd of the noise that is added to both coordinates; the arms have radius 1"}, noise_, config::at_least(0.0));
    visitor.number({"turns", "how often an arm winds around the origin"}, turns_, config::between(0.0, 100.0));
  }

 private:
  GeneratorOptions generator_;
  Index classes_ = 3;
  double noise_ = 0.05;
  double turns_ = 1.0;
};

}  // namespace

config::FamilyMember spirals() {
  return {"spirals", "two-dimensional points on intertwined spiral arms, one class for each arm", "Lang and Witbrock 1988",
          [] { return std::make_shared<Spirals>(); }};
}

}  // namespace normrun::data::sources
