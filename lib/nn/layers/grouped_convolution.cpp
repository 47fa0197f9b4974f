// Convolution in groups.  Group g convolves channels [g n, (g + 1) n) by filters [g m, (g + 1) m), where n and m are a group's shares of
// the channels and filters.
//
//   kernel: (…, n, filters): a group's columns are its filters
//
// Each sum is taken in the order of conv.cpp, within its group.  In a depthwise convolution (n = 1), each number of dx is the sum over the
// patches that contain it, in their order; if a channel has several filters, filter by filter.
//
// Source: Keras 3 and PyTorch 2, "groups"; Keras 3 DepthwiseConv2D.  Modes: the layers do not read the mode.
#include <algorithm>

#include "nn/kernels/cells.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layers/convolution.hpp"
#include "nn/layers/input_gradient_phases.hpp"

namespace normrun::nn::layers {
namespace {

/// Copies columns of a matrix side by side into `to`: column `first`, and every `step`-th one behind it.
template <class T>
void take_columns(ConstView<T> from, Index first, Index step, View<T> to) {
  for (Index r = 0; r < to.rows; ++r) {
    for (Index c = 0; c < to.cols; ++c) to(r, c) = from(r, first + c * step);
  }
}
template <class T>
void put_columns(ConstView<T> from, Index first, Index step, View<T> to) {
  for (Index r = 0; r < from.rows; ++r) {
    for (Index c = 0; c < from.cols; ++c) to(r, first + c * step) = from(r, c);
  }
}
template <class T>
void add_columns(ConstView<T> from, Index first, Index step, View<T> to) {
  for (Index r = 0; r < from.rows; ++r) {
    for (Index c = 0; c < from.cols; ++c) to(r, first + c * step) += from(r, c);
  }
}

/// What convolutions in groups have in common: they read the window one cell after another.
template <class T>
class GroupedBase : public ConvolutionBase<T> {
 protected:
  GroupedBase(const ConvolutionParams& params, const WindowedImage<T>& image, Index filters, Blueprint& blueprint)
      : ConvolutionBase<T>(params, image, filters, image.window().positions(), blueprint) {}

  kernels::Windows<T> cells_of(ConstView<T> x, const Index* lengths, Index example, const Caches<T>& caches) const {
    return this->image_.cells_over(this->image_of(x, example), this->image_.valid_steps(lengths, example), caches);
  }
};

/// Several channels in each group.  A group is a convolution by itself.
template <class T>
class Grouped final : public GroupedBase<T> {
  using Base = GroupedBase<T>;
  using Base::bias_gradient_, Base::cells_of, Base::clear_padded_steps, Base::columns_, Base::image_, Base::image_of, Base::params_,
      Base::positions_of, Base::window;

 public:
  Grouped(const ConvolutionParams& params, const WindowedImage<T>& image, Index groups, Index filters, Blueprint& blueprint)
      : Base(params, image, filters, blueprint),
        groups_(groups),
        inputs_(window().channels / groups),
        outputs_(filters / groups),
        depth_(window().area() * inputs_),
        kernels_(blueprint.per_call(params.kernel.size)),
        y_(blueprint.per_call(window().positions() * outputs_)),
        dpatches_(blueprint.per_call(window().positions() * depth_)),
        dkernel_(blueprint.per_call(depth_ * outputs_)) {
    offsets_.reserve(static_cast<std::size_t>(depth_));
    for (const Index cell : image.cells()) {
      for (Index c = 0; c < inputs_; ++c) offsets_.push_back(cell + c);
    }
  }

  void forward(const Forward<T>& call) const override {
    image_.clear(call.caches);
    take_kernels(call.params, call.caches);
    const T* const bias = params_.bias_of(call.params);
    const View<T> y(call.caches[y_], window().positions(), outputs_);
    for (Index example = 0; example < call.examples; ++example) {
      const kernels::Windows<T> cells = cells_of(call.x, call.lengths, example, call.caches);
      for (Index g = 0; g < groups_; ++g) {
        kernels::product_of_windows<T>(windows(cells, g), kernel_of(g, call.caches), bias != nullptr ? bias + g * outputs_ : nullptr, y);
        put_columns<T>(y, g * outputs_, 1, positions_of(call.y, example));
      }
    }
  }

  void backward(const Backward<T>& call) const override {
    bias_gradient_.add(call);
    if (call.dx.data != nullptr) std::fill(call.dx.begin(), call.dx.end(), T{0});
    image_.clear(call.caches);
    take_kernels(call.params, call.caches);
    const View<T> dy(call.caches[y_], window().positions(), outputs_);
    const View<T> dkernel(call.caches[dkernel_], depth_, outputs_);
    const View<T> sums(call.grads + params_.kernel.offset, depth_, columns_);
    if (call.first == 0) std::fill(sums.begin(), sums.end(), T{0});
    for (Index example = 0; example < call.examples; ++example) {
      const kernels::Windows<T> cells = cells_of(call.x, call.lengths, example, call.caches);
      for (Index g = 0; g < groups_; ++g) {
        take_columns<T>(positions_of(call.dy, example), g * outputs_, 1, dy);
        kernels::product_of_windows_weight_gradient<T>(windows(cells, g), dy, dkernel, kernels::Sums::kWritten);
        add_columns<T>(dkernel, g * outputs_, 1, sums);
        if (call.dx.data != nullptr) scatter_group(call, example, g, dy);
      }
      if (call.dx.data != nullptr) clear_padded_steps(call.lengths, example, image_of(call.dx, example));
    }
  }

 private:
  void take_kernels(const T* params, const Caches<T>& caches) const {
    const ConstView<T> all = this->kernel(params, depth_);
    for (Index g = 0; g < groups_; ++g) take_columns<T>(all, g * outputs_, 1, {caches[kernels_] + g * depth_ * outputs_, depth_, outputs_});
  }
  ConstView<T> kernel_of(Index group, const Caches<T>& caches) const {
    return {caches[kernels_] + group * depth_ * outputs_, depth_, outputs_};
  }
  /// Returns the windows over the channels of one group.
  kernels::Windows<T> windows(kernels::Windows<T> cells, Index group) const {
    cells.data += group * inputs_;
    cells.offsets = offsets_.data();
    cells.depth = depth_;
    return cells;
  }
  void scatter_group(const Backward<T>& call, Index example, Index group, ConstView<T> dy) const {
    const View<T> dpatches(call.caches[dpatches_], window().positions(), depth_);
    kernels::product_input_gradient<T>(dy, kernel_of(group, call.caches), dpatches);
    T* const dx = image_of(call.dx, example) + group * inputs_;
    Window one = window();  // with one channel, the runs below count cells
    one.channels = 1;
    for_each_run(one, [&](Index patch, Index at, Index count) {
      for (Index cell = 0; cell < count; ++cell) {
        const T* const from = dpatches.data + (patch + cell) * inputs_;
        T* const to = dx + (at + cell) * window().channels;
        for (Index c = 0; c < inputs_; ++c) to[c] += from[c];
      }
    });
  }

  Index groups_;
  Index inputs_;     // of one group
  Index outputs_;    // of one group
  Index depth_;      // how many numbers of a group lie under the window
  CacheId kernels_;  // of all groups, one after another
  CacheId y_;        // y or dy, of one group and example
  CacheId dpatches_;
  CacheId dkernel_;
  std::vector<Index> offsets_;  // how far each number of a group's window lies from the window's first number
};

/// One channel in each group.
template <class T>
class Depthwise final : public GroupedBase<T> {
  using Base = GroupedBase<T>;
  using Base::bias_gradient_, Base::cells_of, Base::clear_padded_steps, Base::columns_, Base::image_, Base::image_of, Base::params_,
      Base::positions_of, Base::window;

 public:
  Depthwise(const ConvolutionParams& params, const WindowedImage<T>& image, Index filters, Blueprint& blueprint)
      : Base(params, image, filters, blueprint),
        multiplier_(filters / window().channels),
        kernels_(blueprint.per_call(params.kernel.size)),
        biases_(blueprint.per_call(params.bias.size)),
        y_(blueprint.per_call(multiplier_ > 1 ? window().positions() * window().channels : 0)),
        dkernel_(blueprint.per_call(area() * window().channels)),
        around_(blueprint.per_call(multiplier_ > 1 ? window().padded_size() : 0)),
        phases_(image.window(), filters, window().channels, blueprint) {
    for (Index k = 0; k < area(); ++k) rows_.push_back(k * channels());
  }

  void forward(const Forward<T>& call) const override {
    image_.clear(call.caches);
    const T* const bias = params_.bias_of(call.params);
    take_kernels(call.params, call.caches);
    if (bias != nullptr) {
      for (Index j = 0; j < multiplier_; ++j)
        take_columns<T>({bias, 1, columns_}, j, multiplier_, {call.caches[biases_] + j * channels(), 1, channels()});
    }
    for (Index example = 0; example < call.examples; ++example) {
      const kernels::Windows<T> cells = cells_of(call.x, call.lengths, example, call.caches);
      for (Index j = 0; j < multiplier_; ++j) {
        const View<T> all = positions_of(call.y, example);
        const View<T> y = multiplier_ == 1 ? all : View<T>(call.caches[y_], window().positions(), channels());
        kernels::depthwise<T>(cells, matrices(j, rows_.data(), call.caches),
                              bias != nullptr ? call.caches[biases_] + j * channels() : nullptr,
                              {y.data, window().along.output * channels(), channels()});
        if (multiplier_ > 1) put_columns<T>(y, j, multiplier_, all);
      }
    }
  }

  void backward(const Backward<T>& call) const override {
    bias_gradient_.add(call);
    image_.clear(call.caches);
    phases_.clear(call.caches);
    take_kernels(call.params, call.caches);
    const View<T> dkernel(call.caches[dkernel_], area(), channels());
    const View<T> sums(call.grads + params_.kernel.offset, area(), columns_);
    if (call.first == 0) std::fill(sums.begin(), sums.end(), T{0});
    for (Index example = 0; example < call.examples; ++example) {
      const kernels::Windows<T> cells = cells_of(call.x, call.lengths, example, call.caches);
      T* const dx = call.dx.data != nullptr ? image_of(call.dx, example) : nullptr;
      T* const gathered = dx != nullptr && multiplier_ > 1 ? image_.gathered(dx, call.caches[around_]) : nullptr;
      for (Index j = 0; j < multiplier_; ++j) {
        const ConstView<T> dy = dy_of(call, example, j);
        kernels::depthwise_weight_gradient<T>(cells, dy, dkernel);
        add_columns<T>(dkernel, j, multiplier_, sums);
        if (gathered != nullptr) kernels::depthwise_input_gradient<T>(cells, dy, kernel_of(j, call.caches), gathered);
      }
      if (dx == nullptr) continue;
      if (gathered != nullptr)
        image_.take_gathered(gathered, dx);
      else
        write_input_gradient(positions_of(call.dy, example).data, dx, call.caches);
      clear_padded_steps(call.lengths, example, dx);
    }
  }

 private:
  Index channels() const { return window().channels; }
  Index area() const { return window().area(); }
  /// Takes from the kernel filter number j of each channel, for one j after another.
  void take_kernels(const T* params, const Caches<T>& caches) const {
    const ConstView<T> all = this->kernel(params, area());
    for (Index j = 0; j < multiplier_; ++j)
      take_columns<T>(all, j, multiplier_, {caches[kernels_] + j * area() * channels(), area(), channels()});
  }
  ConstView<T> kernel_of(Index j, const Caches<T>& caches) const {
    return {caches[kernels_] + j * area() * channels(), area(), channels()};
  }
  kernels::CellMatrices<T> matrices(Index j, const Index* offsets, const Caches<T>& caches) const {
    return {kernel_of(j, caches).data, offsets, 1, channels()};
  }
  /// The input gradient where each channel has one filter.
  void write_input_gradient(const T* dy, T* dx, const Caches<T>& caches) const {
    phases_.for_each(dy, dx, caches, [&](const kernels::Windows<T>& windows, const Index* offsets, const kernels::Places<T>& to) {
      kernels::depthwise<T>(windows, matrices(0, offsets, caches), nullptr, to);
    });
  }
  ConstView<T> dy_of(const Backward<T>& call, Index example, Index j) const {
    const ConstView<T> all = positions_of(call.dy, example);
    if (multiplier_ == 1) return all;
    const View<T> dy(call.caches[y_], window().positions(), channels());
    take_columns<T>(all, j, multiplier_, dy);
    return dy;
  }

  Index multiplier_;
  CacheId kernels_;
  CacheId biases_;
  CacheId y_;  // one filter of each channel: y or dy
  CacheId dkernel_;
  CacheId around_;  // dx of one example with what lies around it, where channels have several filters
  InputGradientPhases<T> phases_;
  std::vector<Index> rows_;  // where the kernel's rows begin
};

}  // namespace

template <class T>
std::unique_ptr<const Layer<T>> grouped_convolution(const ConvolutionParams& params, const WindowedImage<T>& image, Index groups,
                                                    Index filters, Blueprint& blueprint) {
  if (groups == image.window().channels) return std::make_unique<Depthwise<T>>(params, image, filters, blueprint);
  return std::make_unique<Grouped<T>>(params, image, groups, filters, blueprint);
}
template std::unique_ptr<const Layer<float>> grouped_convolution(const ConvolutionParams&, const WindowedImage<float>&, Index, Index,
                                                                 Blueprint&);
template std::unique_ptr<const Layer<double>> grouped_convolution(const ConvolutionParams&, const WindowedImage<double>&, Index, Index,
                                                                  Blueprint&);

}  // namespace normrun::nn::layers
