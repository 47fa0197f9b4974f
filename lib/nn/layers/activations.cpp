// Activations work element by element, and softmax row by row.
//
//   relu     y = max(x, 0)                dx = dy where y > 0, else 0 (also at x = 0: PyTorch, Keras); NaN stays NaN
//   tanh     y = tanh(x)                  dx = dy (1 - y^2)
//   sigmoid  y = 1 / (1 + exp(-x))        dx = dy y (1 - y)
//   softmax  y = exp(x - max) / sum       dx = y (dy - sum(dy y)), sums over the channels of a row (Keras axis=-1)
//
// Modes: all are the same; there are no parameters and no statistics.
#include <algorithm>
#include <cmath>

#include "nn/kernels/kernels.hpp"
#include "nn/layers/activation.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
void softmax_rows(ConstView<T> x, View<T> y) {
  for (Index r = 0; r < x.rows; ++r) {
    const T* row = x.row(r);
    const T highest = *std::max_element(row, row + x.cols);
    for (Index c = 0; c < x.cols; ++c) y(r, c) = row[c] - highest;
  }
  kernels::exp<T>(y.data, y.data, y.size());
  for (Index r = 0; r < y.rows; ++r) {
    T sum = 0;
    for (Index c = 0; c < y.cols; ++c) sum += y(r, c);
    for (Index c = 0; c < y.cols; ++c) y(r, c) /= sum;
  }
}

template <class T>
void softmax_rows_backward(ConstView<T> y, ConstView<T> dy, View<T> dx) {
  for (Index r = 0; r < y.rows; ++r) {
    T dot = 0;
    for (Index c = 0; c < y.cols; ++c) dot = std::fma(dy(r, c), y(r, c), dot);
    for (Index c = 0; c < y.cols; ++c) dx(r, c) = y(r, c) * (dy(r, c) - dot);
  }
}

template <class T>
class ActivationLayer final : public Layer<T> {
 public:
  template <class Spec>
  ActivationLayer(const Spec& spec, Blueprint&) : activation_(spec.activation()) {}
  void forward(const Forward<T>& call) const override { activate<T>(activation_, call.x, call.y); }
  void backward(const Backward<T>& call) const override {
    if (call.dx.data != nullptr) activate_backward<T>(activation_, call.y, call.dy, call.dx);
  }
  LayerTraits traits() const override {
    return {.may_write_y_over_x = activation_ == Activation::kRelu,  // the others would hide an infinite x from the message that names it
            .may_write_dx_over_dy = true,
            .part_by_part = PartByPart::kBoth,
            .reads_y = true,
            .activation = activation_};
  }

 private:
  Activation activation_;
};

class ActivationSpec final : public SpecOf<ActivationSpec, ActivationLayer> {
 public:
  explicit ActivationSpec(Activation activation) : activation_(activation) {}
  void describe(config::OptionVisitor& visitor) override { describe_common(visitor); }
  Activation activation() const { return activation_; }

 private:
  Activation activation_;
};

config::FamilyMember member(std::string_view type, std::string_view doc, std::string_view source, Activation activation) {
  return {type, doc, source, [activation] { return std::make_shared<ActivationSpec>(activation); }};
}

std::string_view name_of(Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return "relu";
    case Activation::kTanh:
      return "tanh";
    case Activation::kSigmoid:
      return "sigmoid";
    case Activation::kSoftmax:
      return "softmax";
    case Activation::kLinear:
      break;
  }
  return "linear";
}

}  // namespace

config::FamilyMember relu() { return member("relu", "y = max(x, 0)", "Nair and Hinton 2010; Keras 3 ReLU", Activation::kRelu); }
config::FamilyMember tanh() { return member("tanh", "y = tanh(x)", "Keras 3 tanh", Activation::kTanh); }
config::FamilyMember sigmoid() { return member("sigmoid", "y = 1 / (1 + exp(-x))", "Keras 3 sigmoid", Activation::kSigmoid); }
config::FamilyMember softmax() {
  return member("softmax", "y = exp(x) / sum exp(x) over the channels", "Keras 3 Softmax (axis -1)", Activation::kSoftmax);
}

void describe_activation(config::OptionVisitor& visitor, Activation& activation) {
  visitor.choice({"activation", "the function that follows the layer, as a layer of its own"}, activation,
                 {{"linear", Activation::kLinear},
                  {"relu", Activation::kRelu},
                  {"tanh", Activation::kTanh},
                  {"sigmoid", Activation::kSigmoid},
                  {"softmax", Activation::kSoftmax}},
                 {{"none", "linear"}});
}

std::optional<LayerDescription> activation_layer(Activation activation) {
  if (activation == Activation::kLinear) return std::nullopt;
  return LayerDescription{std::string(name_of(activation)), std::make_shared<ActivationSpec>(activation)};
}

template <class T>
void activate(Activation activation, ConstView<T> x, View<T> y) {
  switch (activation) {
    case Activation::kLinear:
      std::copy(x.begin(), x.end(), y.begin());
      break;
    case Activation::kRelu:
      kernels::relu<T>(x.data, y.data, x.size());
      break;
    case Activation::kTanh:
      kernels::tanh<T>(x.data, y.data, x.size());
      break;
    case Activation::kSigmoid:
      kernels::sigmoid<T>(x.data, y.data, x.size());
      break;
    case Activation::kSoftmax:
      softmax_rows<T>(x, y);
      break;
  }
}

template <class T>
void activate_backward(Activation activation, ConstView<T> y, ConstView<T> dy, View<T> dx) {
  switch (activation) {
    case Activation::kLinear:
      std::copy(dy.begin(), dy.end(), dx.begin());
      break;
    case Activation::kRelu:
      kernels::relu_backward<T>(y.data, dy.data, dx.data, y.size());
      break;
    case Activation::kTanh:
      kernels::tanh_backward<T>(y.data, dy.data, dx.data, y.size());
      break;
    case Activation::kSigmoid:
      kernels::sigmoid_backward<T>(y.data, dy.data, dx.data, y.size());
      break;
    case Activation::kSoftmax:
      softmax_rows_backward<T>(y, dy, dx);
      break;
  }
}

template void activate<float>(Activation, ConstView<float>, View<float>);
template void activate<double>(Activation, ConstView<double>, View<double>);
template void activate_backward<float>(Activation, ConstView<float>, ConstView<float>, View<float>);
template void activate_backward<double>(Activation, ConstView<double>, ConstView<double>, View<double>);

}  // namespace normrun::nn::layers
