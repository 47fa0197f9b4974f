// Pooling over height and width, each channel for itself, channels last.
//
//   max_pooling2d             y = the largest number under the window; dy goes to it, to the first of equals
//   average_pooling2d         y = their mean; padded cells do not count (TensorFlow, Keras); dy / cells to each of them
//   global_average_pooling2d  y = the mean over all positions of an example
//
// Source: Keras 3 MaxPooling2D, AveragePooling2D, GlobalAveragePooling2D.  A NaN under the window gives NaN.  No parameters,
// no statistics: every mode is the same.
#include <algorithm>
#include <cmath>
#include <limits>

#include "nn/kernels/kernels.hpp"
#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"
#include "nn/layers/window.hpp"

namespace normrun::layers {
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

  void describe(OptionVisitor& visitor) override {
    describe_name(visitor);
    const std::vector<Index> before = pool_size;
    describe_both_directions(visitor, {"pool_size", "height and width of the window; one number stands for both"}, pool_size);
    if (pool_size != before) strides = pool_size;
    describe_both_directions(visitor, {"strides", "steps of the window down and along; default pool_size"}, strides);
    describe_padding(visitor, padding);
  }
};

/// The cells of the input under one place of the window, as offsets of their first channel.
template <class Visit>
void for_each_cell(const Window& window, Index y, Index x, const Visit& visit) {
  for (Index down = window.down.begin(y); down < window.down.end(y); ++down) {
    const Index row = (window.down.first(y) + down) * window.along.input + window.along.first(x);
    for (Index along = window.along.begin(x); along < window.along.end(x); ++along) visit((row + along) * window.channels);
  }
}

template <class T>
class Pooling final : public Layer<T> {
 public:
  Pooling(const PoolingSpec& spec, Blueprint& blueprint)
      : pool_(spec.pool), window_(window_over(blueprint, spec.pool_size, spec.strides, spec.padding)) {
    blueprint.set_output({window_.down.output, window_.along.output, window_.channels});
  }

  void forward(const Forward<T>& call) const override {
    for_each_place(call.examples, [&](Index example, Index y, Index x, Index row) {
      const T* image = call.x.data + example * window_.input_size();
      if (pool_ == Pool::kMax) {
        take_largest(image, y, x, call.y.row(row));
      } else {
        take_mean(image, y, x, call.y.row(row));
      }
    });
  }

  void backward(const Backward<T>& call) const override {
    if (call.dx.data == nullptr) return;
    std::fill(call.dx.begin(), call.dx.end(), T{0});
    for_each_place(call.examples, [&](Index example, Index y, Index x, Index row) {
      const Index image = example * window_.input_size();
      if (pool_ == Pool::kMax) {
        give_to_largest(call.x.data + image, call.y.row(row), call.dy.row(row), y, x, call.dx.data + image);
      } else {
        give_to_all(call.dy.row(row), y, x, call.dx.data + image);
      }
    });
  }
  Parts takes_parts() const override { return Parts::kBoth; }
  bool reads_y() const override { return pool_ == Pool::kMax; }

 private:
  /// visit(example, y, x, row of the output)
  template <class Visit>
  void for_each_place(Index examples, const Visit& visit) const {
    Index row = 0;
    for (Index example = 0; example < examples; ++example) {
      for (Index y = 0; y < window_.down.output; ++y) {
        for (Index x = 0; x < window_.along.output; ++x) visit(example, y, x, row++);
      }
    }
  }

  T cells(Index y, Index x) const {
    return static_cast<T>((window_.down.end(y) - window_.down.begin(y)) * (window_.along.end(x) - window_.along.begin(x)));
  }

  void take_largest(const T* image, Index y, Index x, T* largest) const {
    std::fill_n(largest, window_.channels, -std::numeric_limits<T>::infinity());
    for_each_cell(window_, y, x, [&](Index cell) {
      for (Index c = 0; c < window_.channels; ++c) {
        const T value = image[cell + c];
        if (value > largest[c] || std::isnan(value)) largest[c] = value;
      }
    });
  }

  void take_mean(const T* image, Index y, Index x, T* mean) const {
    std::fill_n(mean, window_.channels, T{0});
    for_each_cell(window_, y, x, [&](Index cell) {
      for (Index c = 0; c < window_.channels; ++c) mean[c] += image[cell + c];
    });
    for (Index c = 0; c < window_.channels; ++c) mean[c] /= cells(y, x);
  }

  void give_to_largest(const T* image, const T* largest, const T* dy, Index y, Index x, T* dx) const {
    for (Index c = 0; c < window_.channels; ++c) {
      Index place = -1;
      for_each_cell(window_, y, x, [&](Index cell) {
        if (place < 0 && !(image[cell + c] < largest[c])) place = cell + c;
      });
      dx[place] += dy[c];
    }
  }

  void give_to_all(const T* dy, Index y, Index x, T* dx) const {
    for_each_cell(window_, y, x, [&](Index cell) {
      for (Index c = 0; c < window_.channels; ++c) dx[cell + c] += dy[c] / cells(y, x);
    });
  }

  Pool pool_;
  Window window_;
};

template <class T>
class GlobalAverage;

class GlobalAverageSpec final : public SpecOf<GlobalAverageSpec, GlobalAverage> {
 public:
  void describe(OptionVisitor& visitor) override { describe_name(visitor); }
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
  Parts takes_parts() const override { return Parts::kBoth; }

 private:
  Index positions_;
};

}  // namespace

FamilyMember max_pooling2d() {
  return {"max_pooling2d", "the largest number under a window, each channel for itself", "Keras 3 MaxPooling2D",
          [] { return std::make_shared<PoolingSpec>(Pool::kMax); }};
}
FamilyMember average_pooling2d() {
  return {"average_pooling2d", "the mean of the numbers under a window, each channel for itself", "Keras 3 AveragePooling2D",
          [] { return std::make_shared<PoolingSpec>(Pool::kAverage); }};
}
FamilyMember global_average_pooling2d() {
  return {"global_average_pooling2d", "the mean over height and width, each channel for itself", "Keras 3 GlobalAveragePooling2D",
          [] { return std::make_shared<GlobalAverageSpec>(); }};
}

}  // namespace normrun::layers
