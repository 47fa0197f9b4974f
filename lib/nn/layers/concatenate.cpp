// Concatenate puts the channels of its inputs one behind the other, at every position.
//
//   y[position] = (x1[position], x2[position], …);  dx of each input: its own channels of dy
//
// Source: Keras 3 Concatenate (axis -1).  Modes: the layer does not read the mode.
#include <algorithm>

#include "nn/layers/join.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class Concatenate;

class ConcatenateSpec final : public JoinSpec<ConcatenateSpec, Concatenate> {};

template <class T>
class Concatenate final : public Layer<T> {
 public:
  Concatenate(const ConcatenateSpec&, Blueprint& blueprint) {
    const std::vector<Shape>& inputs = blueprint.inputs();
    std::vector<Index> dims = inputs.front().dims();
    dims.back() = 0;
    for (const Shape& input : inputs) {
      const bool fits = input.rank() == inputs.front().rank() && std::equal(dims.begin(), dims.end() - 1, input.dims().begin());
      if (!fits)
        blueprint.refuse("cannot put inputs of the shapes " + shapes_text(inputs) + " side by side",
                         "only their last axes, the channels, may differ");
      channels_.push_back(input.channels());
      dims.back() += input.channels();
    }
    blueprint.set_output(std::move(dims));
  }

  void forward(const Forward<T>& call) const override {
    Index first = 0;
    for (std::size_t k = 0; k < channels_.size(); ++k) {
      const T* x = k == 0 ? call.x.data : call.more[k - 1].data;
      for (Index row = 0; row < call.y.rows; ++row) std::copy_n(x + row * channels_[k], channels_[k], call.y.row(row) + first);
      first += channels_[k];
    }
  }

  void backward(const Backward<T>& call) const override {
    Index first = 0;
    for (std::size_t k = 0; k < channels_.size(); ++k) {
      T* dx = k == 0 ? call.dx.data : call.dmore[k - 1].data;
      for (Index row = 0; row < call.dy.rows && dx != nullptr; ++row)
        std::copy_n(call.dy.row(row) + first, channels_[k], dx + row * channels_[k]);
      first += channels_[k];
    }
  }

  LayerTraits traits() const override { return {.part_by_part = PartByPart::kBoth}; }

 private:
  std::vector<Index> channels_;  // for each input, how many channels it has
};

}  // namespace

config::FamilyMember concatenate() {
  return {"concatenate",
          "puts the channels of its inputs one behind the other; the inputs are the outputs of its branches or of the layers that it names",
          "Keras 3 Concatenate", [] { return std::make_shared<ConcatenateSpec>(); }};
}

}  // namespace normrun::nn::layers
