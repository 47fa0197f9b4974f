// Multiply is the product of its inputs, element by element, in the order of the inputs: y = (x1 x2) x3 …
//
//   dx of each input = dy times the product of the other inputs, in their order; a repeated input gets the sum over its repetitions
//
// The largest input gives the output its shape.  Another input may have one number for each channel, which is repeated at every position
// (as the gate of a squeeze-and-excitation block), or one for each position, which is repeated in every channel.
// Source: Keras 3 Multiply; Hu, Shen and Sun 2018 (squeeze-and-excitation).  Modes: the layer does not read the mode.
#include <algorithm>

#include "nn/layers/join.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class Multiply;

class MultiplySpec final : public JoinSpec<MultiplySpec, Multiply> {};

/// How an input is repeated over an example of the output: number [p * position + c * channel] of the input belongs to position p and
/// channel c.
struct Repeated {
  Index position = 0;
  Index channel = 0;
  Index size = 0;  // how many numbers an example of the input has
};

template <class T>
class Multiply final : public Layer<T> {
 public:
  Multiply(const MultiplySpec&, Blueprint& blueprint) {
    const std::vector<Shape>& inputs = blueprint.inputs();
    const auto smaller = [](const Shape& a, const Shape& b) { return a.size() < b.size(); };
    const Shape& output = *std::max_element(inputs.begin(), inputs.end(), smaller);
    for (const Shape& input : inputs) inputs_.push_back(repeated_in(input, output, blueprint));
    positions_ = output.positions();
    channels_ = output.channels();
    blueprint.set_output(output.dims());
  }

  void forward(const Forward<T>& call) const override {
    each_element(call.examples, [&](Index at, Index example, Index position, Index channel) {
      T product = *element(call.x, call.more, 0, example, position, channel);
      for (std::size_t k = 1; k < inputs_.size(); ++k) product *= *element(call.x, call.more, k, example, position, channel);
      call.y.data[at] = product;
    });
  }

  void backward(const Backward<T>& call) const override {
    for (std::size_t k = 0; k < inputs_.size(); ++k) {
      T* const dx = k == 0 ? call.dx.data : call.dmore[k - 1].data;
      if (dx == nullptr) continue;
      const bool is_repeated = inputs_[k].size < positions_ * channels_;
      if (is_repeated) std::fill_n(dx, call.examples * inputs_[k].size, T{0});
      each_element(call.examples, [&](Index at, Index example, Index position, Index channel) {
        T gradient = call.dy.data[at];
        for (std::size_t j = 0; j < inputs_.size(); ++j)
          if (j != k) gradient *= *element(call.x, call.more, j, example, position, channel);
        T& own = dx[offset(k, example, position, channel)];
        own = is_repeated ? own + gradient : gradient;
      });
    }
  }

  LayerTraits traits() const override { return {.part_by_part = PartByPart::kBoth}; }

 private:
  static Repeated repeated_in(const Shape& input, const Shape& output, const Blueprint& blueprint) {
    if (input == output) return {output.channels(), 1, output.size()};
    if (input.positions() == 1 && input.channels() == output.channels()) return {0, 1, input.size()};
    const bool has_positions =
        input.rank() == output.rank() && std::equal(input.dims().begin(), input.dims().end() - 1, output.dims().begin());
    if (has_positions && input.channels() == 1) return {1, 0, input.size()};
    blueprint.refuse("cannot multiply inputs of the shapes " + shapes_text(blueprint.inputs()),
                     "each input must have the shape of the largest one, one number for each channel, or one for each position");
  }

  template <class Visit>
  void each_element(Index examples, const Visit& visit) const {
    Index at = 0;
    for (Index example = 0; example < examples; ++example) {
      for (Index position = 0; position < positions_; ++position) {
        for (Index channel = 0; channel < channels_; ++channel) visit(at++, example, position, channel);
      }
    }
  }

  Index offset(std::size_t k, Index example, Index position, Index channel) const {
    return example * inputs_[k].size + position * inputs_[k].position + channel * inputs_[k].channel;
  }
  const T* element(ConstView<T> x, std::span<const ConstView<T>> more, std::size_t k, Index example, Index position, Index channel) const {
    return (k == 0 ? x.data : more[k - 1].data) + offset(k, example, position, channel);
  }

  std::vector<Repeated> inputs_;  // for each input
  Index positions_ = 1;           // how many positions the output has
  Index channels_ = 1;
};

}  // namespace

config::FamilyMember multiply() {
  return {
      "multiply",
      "y = x1 x2 …, of the outputs of its branches or of the layers that it names; gates of one number for each channel or position are "
      "repeated",
      "Keras 3 Multiply; Hu, Shen and Sun 2018", [] { return std::make_shared<MultiplySpec>(); }};
}

}  // namespace normrun::nn::layers
