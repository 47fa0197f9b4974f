// sequences: each sequence is noise that hides one marker of every class.  The class of a sequence is the one whose marker comes first.
// Mean, sum and the set of steps do not depend on the order of the markers, so only the order tells the class.
//
//   once a seed:     markers m_k ~ N(0, 1) for each feature, k = 0 … classes - 1
//   each sequence:   length ~ uniform on min_length … max_length; the label ~ uniform; the other classes in shuffled order;
//                    `classes` steps, each set of them equally likely, get the markers: the label's first, then the others'
//   each step:       x = noise N(0, 1) + the step's marker, if it has one;  zeros after the last step
//
// Test rows of their own may be longer, as the sequences that a network meets may be longer than those that it was trained on.
// With "label_of": "step", each step has a label: the class of the last marker up to it.  Steps before the first marker have none.
//
// After Hochreiter and Schmidhuber 1997, experiment 6 (temporal order).
#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "data/generated.hpp"
#include "data/sources/members.hpp"

namespace normrun::data::sources {
namespace {

constexpr Index kMaxClasses = 64;

struct SequenceSampler {
  Index features = 8;
  Index kinds = 4;
  Index min_length = 8;
  Index max_length = 24;
  double noise = 0.3;
  LabelOf label_of = LabelOf::kSequence;
  Shape example{};
  std::vector<double> markers{};  // (kinds, features)

  const Shape& shape() const { return example; }
  Index classes() const { return kinds; }
  Index outputs() const { return 0; }
  Shape label_shape() const { return label_of == LabelOf::kStep ? Shape{example.dims().front()} : Shape(); }

  void draw_markers(std::uint64_t seed) {
    RandomStream stream = rule_stream(seed);
    markers.resize(static_cast<std::size_t>(kinds * features));
    for (double& value : markers) value = stream.normal();
  }

  template <class T>
  void fill(const Preparation& preparation, RowStreams& streams, const RowsOut<T>& out) const {
    for (Index r = 0; r < out.features.rows; ++r) {
      const auto order = random_order(streams);
      const Index length = min_length + static_cast<Index>(streams.rows.below(static_cast<std::uint64_t>(max_length - min_length + 1)));
      out.lengths[r] = length;
      std::span<std::int32_t> of_steps;
      if (label_of == LabelOf::kStep) {
        const auto steps = static_cast<std::size_t>(example.dims().front());
        of_steps = {out.labels + r * example.dims().front(), steps};
        std::fill(of_steps.begin(), of_steps.end(), kNoLabel);
      } else {
        out.labels[r] = static_cast<std::int32_t>(order[0]);
      }
      fill_steps(preparation, streams.rows, std::span(order).first(static_cast<std::size_t>(kinds)),
                 View<T>(out.features.row(r), length, features), of_steps);
      std::fill(out.features.row(r) + length * features, out.features.row(r) + out.features.cols, T{0});
    }
  }

 private:
  std::array<Index, kMaxClasses> random_order(RowStreams& streams) const {
    std::array<Index, kMaxClasses> order{};
    std::iota(order.begin(), order.end(), Index{0});
    std::swap(order[0], order[static_cast<std::size_t>(streams.targets.below(static_cast<std::uint64_t>(kinds)))]);
    streams.rows.shuffle(std::span(order).subspan(1, static_cast<std::size_t>(kinds) - 1));
    return order;
  }

  template <class T>
  void fill_steps(const Preparation& preparation, RandomStream& stream, std::span<const Index> order, View<T> steps,
                  std::span<std::int32_t> labels) const {
    Index placed = 0;
    for (Index t = 0; t < steps.rows; ++t) {
      // Selection sampling (Knuth, The Art of Computer Programming, section 3.4.2, algorithm S).
      const bool is_marked = static_cast<Index>(stream.below(static_cast<std::uint64_t>(steps.rows - t))) < kinds - placed;
      const double* marker = is_marked ? markers.data() + order[static_cast<std::size_t>(placed)] * features : nullptr;
      placed += is_marked ? 1 : 0;
      if (!labels.empty() && placed > 0)
        labels[static_cast<std::size_t>(t)] = static_cast<std::int32_t>(order[static_cast<std::size_t>(placed - 1)]);
      for (Index c = 0; c < features; ++c) {
        const double x = noise * stream.normal() + (marker != nullptr ? marker[c] : 0.0);
        steps(t, c) = static_cast<T>(preparation.prepared(x));
      }
    }
  }
};

class Sequences final : public SourceOf<Sequences> {
 public:
  template <class T>
  Loaded<T> rows(std::uint64_t seed, const std::string& /*folder*/) const {
    SequenceSampler sampler = sampler_;
    sampler.example = shape();
    sampler.draw_markers(seed);
    Loaded<T> loaded = draw<T>(sampler, generator_, preparation, seed);
    if (test_longer_by_) {
      sampler.min_length += *test_longer_by_;
      sampler.max_length += *test_longer_by_;
      loaded.data.test = draw_split<T>(sampler, preparation, row_streams(seed, RowPart::kTest), *generator_.test_samples);
    }
    return loaded;
  }
  bool depends_on_seed() const override { return true; }
  Outline outline(const std::string& /*folder*/) const override {
    Outline outline = outline_of(shape(), sampler_.kinds, 0, generator_, preparation);
    if (sampler_.label_of == LabelOf::kStep) outline.label_shape = {shape().dims().front()};
    return outline;
  }

 protected:
  void describe_own(config::OptionVisitor& visitor) override {
    constexpr Index kMaxSteps = Index{1} << 20;
    generator_.describe(visitor);
    visitor.integer({"features", "numbers in a step"}, sampler_.features, {.low = 1, .high = Index{1} << 10});
    visitor.integer(
        {"classes", "how many classes there are; every sequence holds one marker of each, and its first marker tells its class"},
        sampler_.kinds, {.low = 2, .high = kMaxClasses});
    visitor.integer({"min_length", "steps of the shortest sequence; at least `classes`"}, sampler_.min_length,
                    {.low = 2, .high = kMaxSteps});
    visitor.integer({"max_length", "steps of the longest sequence; shorter ones are padded with zeros"}, sampler_.max_length,
                    {.low = 2, .high = kMaxSteps});
    visitor.number({"noise", "sd of the noise that is added to every step; the markers have sd 1"}, sampler_.noise, config::at_least(0.0));
    visitor.choice<LabelOf>({"label_of",
                             "what has a label; sequence: the class of its first marker; step: each step has the class of the last marker "
                             "up to it, and steps before the first marker count for nothing"},
                            sampler_.label_of, {{"sequence", LabelOf::kSequence}, {"step", LabelOf::kStep}});
    visitor.integer({"test_longer_by", "by how many steps the test sequences are longer than those of training; needs test_samples"},
                    test_longer_by_, {.low = 0, .high = kMaxSteps});
    visitor.integer({"pad_to", "the number of steps to which zeros pad every sequence; absent: those of the longest"}, pad_to_,
                    {.low = 2, .high = kMaxSteps});
    visitor.require(sampler_.min_length >= sampler_.kinds, "min_length", "at least as many steps as there are classes, one marker each");
    visitor.require(sampler_.max_length >= sampler_.min_length, "max_length", "at least min_length");
    visitor.require(generator_.test_samples || !test_longer_by_, "test_longer_by", "needs test_samples, rows that are drawn separately");
    visitor.require(!pad_to_ || *pad_to_ >= longest(), "pad_to", "at least max_length, and test_longer_by more");
  }

 private:
  Index longest() const { return sampler_.max_length + test_longer_by_.value_or(0); }
  Shape shape() const { return {pad_to_.value_or(longest()), sampler_.features}; }

  GeneratorOptions generator_;
  SequenceSampler sampler_;
  std::optional<Index> test_longer_by_;
  std::optional<Index> pad_to_;
};

}  // namespace

config::FamilyMember sequences() {
  return {"sequences", "sequences of different lengths whose class only the order of their steps tells; shape (longest, features)",
          "after Hochreiter and Schmidhuber 1997, experiment 6", [] { return std::make_shared<Sequences>(); }};
}

}  // namespace normrun::data::sources
