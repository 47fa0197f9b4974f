#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "nn/model.hpp"
#include "nn/network.hpp"

namespace normrun::test {

/// A layer type with its options as a config writes them, such as R"({"units": 3})".  The norms of a preset are layer normalizations.
/// Throws Error(kUsage) with what the reader finds wrong.
nn::LayerDescription describe_layer(const std::string& type, const std::string& options = "{}");

/// A network of a few layers with every buffer that a pass needs, by name: what tests run.
template <class T>
class LayerRig {
 public:
  LayerRig(const std::vector<nn::LayerDescription>& layers, const Shape& input, Index examples);

  const nn::Network<T>& network() const { return network_; }
  const nn::Layout& layout() const { return network_.layout(); }
  /// The numbers of the first parameter or statistic of that name (gamma, moving_mean, …), or of the one of a layer (lstm_0.kernel); throws
  /// std::out_of_range.
  std::span<T> param(const std::string& name) { return part(layout().params, name, model.params); }
  std::span<T> grad(const std::string& name) { return part(layout().params, name, grads); }
  std::span<T> state(const std::string& name) { return part(layout().states, name, model.state); }
  std::span<T> next(const std::string& name) { return part(layout().states, name, next_state); }

  /// One pass on x; `lengths` below, where there are any, take the place of the pass's.
  ConstView<T> forward(typename nn::Network<T>::Pass pass);
  /// Gradients of sum(y * dy) into grads and dx.
  void backward();

  nn::Model<T> model;
  Buffer<T> next_state;  // what a pass that tracks leaves; model.state stays
  Buffer<T> grads;
  Matrix<T> x;                 // (examples, size)
  std::vector<Index> lengths;  // (examples) valid steps of a sequence, or empty: all of them
  Matrix<T> dy;
  Matrix<T> dx;

 private:
  template <class Entry>
  std::span<T> part(const std::vector<Entry>& entries, const std::string& name, Buffer<T>& buffer) {
    for (const Entry& entry : entries) {
      if (entry.name == name || entry.layer + "." + entry.name == name)
        return std::span<T>(buffer).subspan(static_cast<std::size_t>(entry.id.offset), static_cast<std::size_t>(entry.id.size));
    }
    throw std::out_of_range("no tensor " + name);
  }

  nn::Network<T> network_;
  nn::Record<T> record_;
  Matrix<T> dy_copy_;
};

}  // namespace normrun::test
