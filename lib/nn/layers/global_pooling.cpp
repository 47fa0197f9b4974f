// Global pooling over all positions of an example: over height and width, or over time.  Each channel is pooled by itself.
//
//   global_average_pooling  y = the mean; dy / positions goes to each position
//   global_max_pooling      y = the largest number, or NaN if any number is NaN; dy goes to the first of the largest numbers
//
// Steps of a sequence beyond its length do not count.  A sequence of length 0 gives 0.
// Source: Keras 3 GlobalAveragePooling1D (with its mask), GlobalAveragePooling2D, GlobalMaxPooling1D, GlobalMaxPooling2D.  If several
// numbers are the largest, Keras and PyTorch's amax give each of them a share of dy; PyTorch's adaptive_max_pool gives all of dy to one, as
// this layer does.
// Modes: the layers do not read the mode.  They have no parameters and no statistics.
#include <algorithm>

#include "nn/kernels/kernels.hpp"
#include "nn/kernels/pooling.hpp"
#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"
#include "nn/layers/window.hpp"

namespace normrun::nn::layers {
namespace {

enum class GlobalPool { kAverage, kMax };

template <class T>
class GlobalPooling;

class GlobalPoolingSpec final : public SpecOf<GlobalPoolingSpec, GlobalPooling> {
 public:
  GlobalPoolingSpec(GlobalPool pool_in, Over over_in) : pool(pool_in), over(over_in) {}
  GlobalPool pool;
  Over over;
  void describe(config::OptionVisitor& visitor) override { describe_common(visitor); }
};

template <class T>
class GlobalPooling final : public Layer<T> {
 public:
  GlobalPooling(const GlobalPoolingSpec& spec, Blueprint& blueprint) : pool_(spec.pool), positions_(blueprint.input().positions()) {
    const bool is_over_time = spec.over == Over::kTime;
    if (blueprint.input().rank() != (is_over_time ? 2 : 3)) {
      blueprint.refuse("its input has the shape " + blueprint.input().text() +
                           (is_over_time ? ", not (time, features)" : ", not (height, width, channels)"),
                       is_over_time ? "this layer reads sequences, and the 2d layer reads images"
                                    : "this layer reads images, and the 1d layer reads sequences");
    }
    blueprint.set_output({blueprint.channels()});
  }

  void forward(const Forward<T>& call) const override {
    for (Index example = 0; example < call.examples; ++example) {
      const ConstView<T> x = valid_rows(call.x, call.lengths, example);
      T* const y = call.y.row(example);
      if (x.rows == 0) {
        std::fill_n(y, call.y.cols, T{0});
      } else if (pool_ == GlobalPool::kMax) {
        kernels::pool_largest<T>(line_of(x.rows, x.cols), x.data, y);
      } else {
        kernels::column_sums<T>(x, y);
        for (Index c = 0; c < call.y.cols; ++c) y[c] /= static_cast<T>(x.rows);
      }
    }
  }

  void backward(const Backward<T>& call) const override {
    if (call.dx.data == nullptr) return;
    for (Index example = 0; example < call.examples; ++example) {
      const ConstView<T> x = valid_rows(call.x, call.lengths, example);
      const View<T> dx = call.dx.slice(example * positions_, positions_);
      const T* const dy = call.dy.row(example);
      std::fill(dx.begin(), dx.end(), T{0});
      if (pool_ == GlobalPool::kMax && x.rows > 0)
        kernels::pool_largest_backward<T>(line_of(x.rows, x.cols), x.data, call.y.row(example), dy, dx.data);
      if (pool_ == GlobalPool::kMax) continue;
      for (Index row = 0; row < x.rows; ++row) {
        for (Index c = 0; c < dx.cols; ++c) dx(row, c) = dy[c] / static_cast<T>(x.rows);
      }
    }
  }
  LayerTraits traits() const override { return {.part_by_part = PartByPart::kBoth, .reads_y = pool_ == GlobalPool::kMax}; }

 private:
  ConstView<T> valid_rows(ConstView<T> x, const Index* lengths, Index example) const {
    return x.slice(example * positions_, lengths != nullptr ? lengths[example] : positions_);
  }
  /// One window that contains all rows.
  static kernels::PooledLine line_of(Index rows, Index channels) {
    return {.places = 1, .step = 0, .height = rows, .width = 1, .line = channels, .channels = channels, .divisor = rows};
  }

  GlobalPool pool_;
  Index positions_;
};

config::FamilyMember member(std::string_view type, std::string_view doc, std::string_view source, GlobalPool pool, Over over) {
  return {type, doc, source, [pool, over] { return std::make_shared<GlobalPoolingSpec>(pool, over); }};
}

}  // namespace

config::FamilyMember global_average_pooling1d() {
  return member("global_average_pooling1d", "the mean over time, channel by channel", "Keras 3 GlobalAveragePooling1D",
                GlobalPool::kAverage, Over::kTime);
}
config::FamilyMember global_average_pooling2d() {
  return member("global_average_pooling2d", "the mean over height and width, channel by channel", "Keras 3 GlobalAveragePooling2D",
                GlobalPool::kAverage, Over::kImage);
}
config::FamilyMember global_max_pooling1d() {
  return member("global_max_pooling1d", "the largest number over time, channel by channel", "Keras 3 GlobalMaxPooling1D", GlobalPool::kMax,
                Over::kTime);
}
config::FamilyMember global_max_pooling2d() {
  return member("global_max_pooling2d", "the largest number over height and width, channel by channel", "Keras 3 GlobalMaxPooling2D",
                GlobalPool::kMax, Over::kImage);
}

}  // namespace normrun::nn::layers
