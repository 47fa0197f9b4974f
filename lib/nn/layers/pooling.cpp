// Pooling over height and width, or over time.  Channels are last, and each channel is pooled by itself.
//
//   max_pooling      y = the largest number under the window; dy goes to the first of the largest numbers
//   average_pooling  y = the mean of the numbers under the window; each of them gets dy / cells.  Padded cells do not count (TensorFlow,
//                    Keras), or count as zeros with count_include_pad (PyTorch's default, if its padding is not 0)
//
// ceil_mode adds a last window that reaches beyond the padding.  The cells beyond the padding never count.
// A sequence is pooled as if it ended at its length: the output has the valid steps that the sequence alone would give, followed by zeros.
// Source: Keras 3 MaxPooling1D, MaxPooling2D, AveragePooling1D, AveragePooling2D; PyTorch MaxPool and AvgPool.  A NaN under the window
// gives NaN.
// Modes: the layers do not read the mode.  They have no parameters and no statistics.
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
  PoolingSpec(Pool pool_in, Over over) : pool(pool_in) { window.over = over; }
  Pool pool;
  WindowOptions window{.size = {2}, .strides = {2}};
  bool count_include_pad = false;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    const std::vector<Index> before = window.size;
    if (window.is_over_time())
      describe_directions(visitor, {"pool_size", "how many steps lie under the window"}, window.over, window.size);
    else
      describe_directions(visitor, {"pool_size", "height and width of the window; one number stands for both"}, window.over, window.size);
    if (window.size != before) window.strides = window.size;
    if (window.is_over_time())
      describe_directions(visitor, {"strides", "by how many steps the window moves; default pool_size"}, window.over, window.strides);
    else
      describe_directions(visitor, {"strides", "the window's steps down and along; default pool_size"}, window.over, window.strides);
    describe_padding(visitor, window);
    visitor.require(window.padding != Padding::kCausal, "padding", "valid or same");
    visitor.flag({"ceil_mode", "whether a last window that does not fit gives an output, too (PyTorch)"}, window.ceil_mode);
    visitor.require(!window.ceil_mode || window.padding == Padding::kValid, "ceil_mode",
                    "false: with \"padding\": \"same\" every window gives an output");
    if (pool == Pool::kAverage)
      visitor.flag({"count_include_pad", "whether padded cells count as zeros: PyTorch's default, but not Keras's"}, count_include_pad);
  }
};

template <class T>
class Pooling final : public Layer<T> {
 public:
  Pooling(const PoolingSpec& spec, Blueprint& blueprint)
      : pool_(spec.pool), counts_padding_(spec.count_include_pad), window_(window_over(blueprint, spec.window)) {
    const Slide& along = window_.along;
    if (is_too_padded(along) || is_too_padded(window_.down))
      blueprint.refuse("its padding is so wide that a window may lie on padding alone",
                       "give \"pads\" numbers of at most half the pool_size");
    const auto is_whole = [&](Index x) { return along.begin(x) == 0 && along.end(x) == along.size; };
    while (whole_begin_ < along.output && !is_whole(whole_begin_)) ++whole_begin_;
    whole_end_ = whole_begin_;
    while (whole_end_ < along.output && is_whole(whole_end_)) ++whole_end_;
    blueprint.set_output(dims_of(spec.window.over, window_.down.output, along.output, window_.channels));
  }

  void forward(const Forward<T>& call) const override {
    if (call.lengths != nullptr) std::fill(call.y.begin(), call.y.end(), T{0});
    for_each_line(call.examples, call.lengths, [&](const kernels::PooledLine& line, Index image, Index row) {
      if (pool_ == Pool::kMax)
        kernels::pool_largest<T>(line, call.x.data + image, call.y.row(row));
      else
        kernels::pool_mean<T>(line, call.x.data + image, call.y.row(row));
    });
  }

  void backward(const Backward<T>& call) const override {
    if (call.dx.data == nullptr) return;
    std::fill(call.dx.begin(), call.dx.end(), T{0});
    for_each_line(call.examples, call.lengths, [&](const kernels::PooledLine& line, Index image, Index row) {
      T* const dx = call.dx.data + image;
      if (pool_ == Pool::kMax)
        kernels::pool_largest_backward<T>(line, call.x.data + image, call.y.row(row), call.dy.row(row), dx);
      else
        kernels::pool_mean_backward<T>(line, call.dy.row(row), dx);
    });
  }
  LayerTraits traits() const override {
    return {.part_by_part = PartByPart::kBoth, .reads_y = pool_ == Pool::kMax, .lengths = Lengths::kChanged};
  }
  Index valid_steps(Index length) const override { return window_.along.outputs_of(length); }

 private:
  static bool is_too_padded(const Slide& slide) { return 2 * std::max(slide.before, slide.after) > slide.size; }
  /// How many cells of the window count along one direction.
  Index counted(const Slide& slide, Index at) const {
    if (!counts_padding_) return slide.end(at) - slide.begin(at);
    return std::min(slide.size, slide.input + slide.after - slide.first(at));
  }
  /// Calls visit(line, image, row) for places in a line that have windows of one size.  `image` is the index in x of their first cell, and
  /// `row` is the first of their rows in the output.
  template <class Visit>
  void for_each_line(Index examples, const Index* lengths, const Visit& visit) const {
    const Slide& down = window_.down;
    const Index channels = window_.channels;
    const Index width = window_.along.input;
    for (Index example = 0; example < examples; ++example) {
      Slide along = window_.along;
      if (lengths != nullptr) along.input = lengths[example];
      const Index outputs = lengths != nullptr ? along.outputs_of(along.input) : along.output;
      for (Index y = 0; y < down.output; ++y) {
        const Index top = example * down.input + down.first(y) + down.begin(y);
        Index row = (example * down.output + y) * along.output;
        for (Index x = 0, places = 0; x < outputs; x += places, row += places) {
          places = x == whole_begin_ && lengths == nullptr ? whole_end_ - whole_begin_ : 1;
          const kernels::PooledLine line{.places = places,
                                         .step = along.stride * channels,
                                         .height = down.end(y) - down.begin(y),
                                         .width = along.end(x) - along.begin(x),
                                         .line = width * channels,
                                         .channels = channels,
                                         .divisor = counted(down, y) * counted(along, x)};
          visit(line, (top * width + along.first(x) + along.begin(x)) * channels, row);
        }
      }
    }
  }

  // The places [begin, end) along a line whose windows lie completely on the image.
  Index whole_begin_ = 0;
  Index whole_end_ = 0;
  Pool pool_;
  bool counts_padding_;
  Window window_;
};

config::FamilyMember member(std::string_view type, std::string_view doc, std::string_view source, Pool pool, Over over) {
  return {type, doc, source, [pool, over] { return std::make_shared<PoolingSpec>(pool, over); }};
}

}  // namespace

config::FamilyMember max_pooling1d() {
  return member("max_pooling1d", "the largest number under a window over time, channel by channel",
                "Keras 3 MaxPooling1D, PyTorch MaxPool1d", Pool::kMax, Over::kTime);
}
config::FamilyMember max_pooling2d() {
  return member("max_pooling2d", "the largest number under a window, channel by channel", "Keras 3 MaxPooling2D, PyTorch MaxPool2d",
                Pool::kMax, Over::kImage);
}
config::FamilyMember average_pooling1d() {
  return member("average_pooling1d", "the mean of the numbers under a window over time, channel by channel",
                "Keras 3 AveragePooling1D, PyTorch AvgPool1d", Pool::kAverage, Over::kTime);
}
config::FamilyMember average_pooling2d() {
  return member("average_pooling2d", "the mean of the numbers under a window, channel by channel",
                "Keras 3 AveragePooling2D, PyTorch AvgPool2d", Pool::kAverage, Over::kImage);
}

}  // namespace normrun::nn::layers
