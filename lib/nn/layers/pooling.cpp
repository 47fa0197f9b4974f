// Pooling over height and width; channels are last, and each channel is pooled by itself.
//
//   max_pooling2d             y = the largest number under the window; dy goes to that number, of equal ones to the first
//   average_pooling2d         y = their mean, without padded cells (TensorFlow, Keras); dy / cells goes to each of them
//   global_average_pooling2d  y = the mean over all positions of an example
//
// Source: Keras 3 MaxPooling2D, AveragePooling2D, GlobalAveragePooling2D.  A NaN under the window gives NaN.
// Modes: all are the same; there are no parameters and no statistics.
#include "nn/kernels/pooling.hpp"

#include <algorithm>

#include "nn/kernels/kernels.hpp"
#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"
#include "nn/layers/window.hpp"

namespace normrun::nn::layers {
namespace {

enum class Pool { kMax, kAverage };

template <class T>
class Pooling;

class PoolingSpec final : public SpecOf<PoolingSpec, Pooling> {
 public:
  explicit PoolingSpec(Pool pool_in) : pool(pool_in) {}
  Pool pool;
  std::vector<Index> pool_size = {2};
  std::vector<Index> strides = {2};
  Padding padding = Padding::kValid;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    const std::vector<Index> before = pool_size;
    describe_both_directions(visitor, {"pool_size", "height and width of the window; one number stands for both"}, pool_size);
    if (pool_size != before) strides = pool_size;
    describe_both_directions(visitor, {"strides", "the window's steps down and along; default pool_size"}, strides);
    describe_padding(visitor, padding);
  }
};

template <class T>
class Pooling final : public Layer<T> {
 public:
  Pooling(const PoolingSpec& spec, Blueprint& blueprint)
      : pool_(spec.pool), window_(window_over(blueprint, spec.pool_size, spec.strides, spec.padding)) {
    const Slide& along = window_.along;
    const auto is_whole = [&](Index x) { return along.begin(x) == 0 && along.end(x) == along.size; };
    while (whole_begin_ < along.output && !is_whole(whole_begin_)) ++whole_begin_;
    whole_end_ = whole_begin_;
    while (whole_end_ < along.output && is_whole(whole_end_)) ++whole_end_;
    blueprint.set_output({window_.down.output, along.output, window_.channels});
  }

  void forward(const Forward<T>& call) const override {
    for_each_line(call.examples, [&](const kernels::PooledLine& line, Index image, Index row) {
      if (pool_ == Pool::kMax)
        kernels::pool_largest<T>(line, call.x.data + image, call.y.row(row));
      else
        kernels::pool_mean<T>(line, call.x.data + image, call.y.row(row));
    });
  }

  void backward(const Backward<T>& call) const override {
    if (call.dx.data == nullptr) return;
    std::fill(call.dx.begin(), call.dx.end(), T{0});
    for_each_line(call.examples, [&](const kernels::PooledLine& line, Index image, Index row) {
      T* const dx = call.dx.data + image;
      if (pool_ == Pool::kMax)
        kernels::pool_largest_backward<T>(line, call.x.data + image, call.y.row(row), call.dy.row(row), dx);
      else
        kernels::pool_mean_backward<T>(line, call.dy.row(row), dx);
    });
  }
  LayerTraits traits() const override { return {.part_by_part = PartByPart::kBoth, .reads_y = pool_ == Pool::kMax}; }

 private:
  /// Calls visit(line, image, row) for places in a line whose windows have one size.  `image` is where their first cell lies in x, and
  /// `row` is their first row of the output.
  template <class Visit>
  void for_each_line(Index examples, const Visit& visit) const {
    const auto& [down, along, channels] = window_;
    Index row = 0;
    for (Index example = 0; example < examples; ++example) {
      for (Index y = 0; y < down.output; ++y) {
        const Index top = example * down.input + down.first(y) + down.begin(y);
        for (Index x = 0, places = 0; x < along.output; x += places, row += places) {
          places = x == whole_begin_ ? whole_end_ - whole_begin_ : 1;
          const kernels::PooledLine line{.places = places,
                                         .step = along.stride * channels,
                                         .height = down.end(y) - down.begin(y),
                                         .width = along.end(x) - along.begin(x),
                                         .line = along.input * channels,
                                         .channels = channels};
          visit(line, (top * along.input + along.first(x) + along.begin(x)) * channels, row);
        }
      }
    }
  }

  // The places along a line whose windows lie on the image as a whole.
  Index whole_begin_ = 0;
  Index whole_end_ = 0;
  Pool pool_;
  Window window_;
};

template <class T>
class GlobalAverage;

class GlobalAverageSpec final : public SpecOf<GlobalAverageSpec, GlobalAverage> {
 public:
  void describe(config::OptionVisitor& visitor) override { describe_common(visitor); }
};

template <class T>
class GlobalAverage final : public Layer<T> {
 public:
  GlobalAverage(const GlobalAverageSpec&, Blueprint& blueprint) : positions_(blueprint.input().positions()) {
    if (blueprint.input().rank() != 3) {
      blueprint.refuse("its input has the shape " + blueprint.input().text() + ", not (height, width, channels)");
    }
    blueprint.set_output({blueprint.channels()});
  }

  void forward(const Forward<T>& call) const override {
    for (Index example = 0; example < call.examples; ++example) {
      kernels::column_sums<T>(call.x.slice(example * positions_, positions_), call.y.row(example));
    }
    for (T& y : call.y) y /= static_cast<T>(positions_);
  }

  void backward(const Backward<T>& call) const override {
    if (call.dx.data == nullptr) return;
    for (Index row = 0; row < call.dx.rows; ++row) {
      const T* dy = call.dy.row(row / positions_);
      for (Index c = 0; c < call.dx.cols; ++c) call.dx(row, c) = dy[c] / static_cast<T>(positions_);
    }
  }
  LayerTraits traits() const override { return {.part_by_part = PartByPart::kBoth}; }

 private:
  Index positions_;
};

}  // namespace

config::FamilyMember max_pooling2d() {
  return {"max_pooling2d", "the largest number under a window, channel by channel", "Keras 3 MaxPooling2D",
          [] { return std::make_shared<PoolingSpec>(Pool::kMax); }};
}
config::FamilyMember average_pooling2d() {
  return {"average_pooling2d", "the mean of the numbers under a window, channel by channel", "Keras 3 AveragePooling2D",
          [] { return std::make_shared<PoolingSpec>(Pool::kAverage); }};
}
config::FamilyMember global_average_pooling2d() {
  return {"global_average_pooling2d", "the mean over height and width, channel by channel", "Keras 3 GlobalAveragePooling2D",
          [] { return std::make_shared<GlobalAverageSpec>(); }};
}

}  // namespace normrun::nn::layers
