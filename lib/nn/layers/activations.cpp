// Activations work element by element, and softmax row by row.
//
//   relu          y = max(x, 0)                          dx = dy where y > 0, else 0 (also at x = 0: PyTorch, Keras); NaN stays NaN
//   leaky_relu    y = x where x > 0, else slope x        dx = dy where y > 0, else slope dy
//   elu           y = x where x > 0, else alpha (e^x-1)  dx = dy where y > 0, else dy (y + alpha)
//   relu6         y = max(0, min(x, 6))                  dx = dy where 0 < y < 6, else 0
//   tanh          y = tanh(x)                            dx = dy (1 - y^2)
//   sigmoid       y = 1 / (1 + e^-x)                     dx = dy y (1 - y)
//   hard_sigmoid  y = max(0, min(slope x + 1/2, 1))      dx = dy slope where 0 < y < 1, else 0
//   softplus      y = log(1 + e^(beta x)) / beta         dx = dy (1 - e^(-beta y))
//   silu          y = x s, s = sigmoid(x)                dx = dy s (1 + x (1 - s))
//   hard_swish    y = x max(0, min(x / 6 + 1/2, 1))      dx = dy (x / 3 + 1/2) where -3 < x < 3, dy above, 0 below
//   gelu          y = x F(x)                             dx = dy (F + x F'), F: the normal distribution function, (1 + erf(x/sqrt(2))) / 2
//   gelu, "tanh"  y = x s, s = sigmoid(u)                dx = dy s (1 + x u' (1 - s)), u = 2 sqrt(2/pi) (x + 0.044715 x^3)
//   softmax       y = exp(x - max) / sum                 dx = y (dy - sum(dy y)), sums over the channels of a row (Keras axis=-1)
//
// Sources: Keras 3 and PyTorch 2, whose names and defaults differ where an option says so.
// Modes: the layers do not read the mode.  They have no parameters and no statistics.
#include "nn/kernels/activations.hpp"

#include <algorithm>
#include <cmath>

#include "nn/kernels/kernels.hpp"
#include "nn/layers/activation.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

/// An activation and its number, which is a slope, alpha or beta.
struct ActivationFunction {
  Activation kind = Activation::kLinear;
  double number = 0.0;
};

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

/// Computes y = f(x), (rows, channels); y may be x.
template <class T>
void activate(const ActivationFunction& f, ConstView<T> x, View<T> y) {
  const Index count = x.size();
  const T number = static_cast<T>(f.number);
  switch (f.kind) {
    case Activation::kRelu:
      return kernels::relu<T>(x.data, y.data, count);
    case Activation::kTanh:
      return kernels::tanh<T>(x.data, y.data, count);
    case Activation::kSigmoid:
      return kernels::sigmoid<T>(x.data, y.data, count);
    case Activation::kSoftmax:
      return softmax_rows<T>(x, y);
    case Activation::kLeakyRelu:
      return kernels::leaky_relu<T>(x.data, number, y.data, count);
    case Activation::kElu:
      return kernels::elu<T>(x.data, number, y.data, count);
    case Activation::kRelu6:
      return kernels::relu6<T>(x.data, y.data, count);
    case Activation::kHardSigmoid:
      return kernels::hard_sigmoid<T>(x.data, number, y.data, count);
    case Activation::kHardSwish:
      return kernels::hard_swish<T>(x.data, y.data, count);
    case Activation::kSoftplus:
      return kernels::softplus<T>(x.data, number, y.data, count);
    case Activation::kSilu:
      return kernels::silu<T>(x.data, y.data, count);
    case Activation::kGelu:
      return kernels::gelu<T>(x.data, y.data, count);
    case Activation::kGeluTanh:
      return kernels::gelu_tanh<T>(x.data, y.data, count);
    case Activation::kLinear:
    case Activation::kPrelu:  // PReLU has a file of its own
      break;
  }
}

/// Whether the gradient is computed from x.  That of the other activations is computed from y.
bool reads_x(Activation kind) {
  return kind == Activation::kHardSwish || kind == Activation::kSilu || kind == Activation::kGelu || kind == Activation::kGeluTanh;
}

/// Computes dx from dy and `from`, which is x if reads_x says so, and y otherwise.  dx may be dy.
template <class T>
void activate_backward(const ActivationFunction& f, ConstView<T> from, ConstView<T> dy, View<T> dx) {
  const Index count = from.size();
  const T number = static_cast<T>(f.number);
  switch (f.kind) {
    case Activation::kRelu:
      return kernels::relu_backward<T>(from.data, dy.data, dx.data, count);
    case Activation::kTanh:
      return kernels::tanh_backward<T>(from.data, dy.data, dx.data, count);
    case Activation::kSigmoid:
      return kernels::sigmoid_backward<T>(from.data, dy.data, dx.data, count);
    case Activation::kSoftmax:
      return softmax_rows_backward<T>(from, dy, dx);
    case Activation::kLeakyRelu:
      return kernels::leaky_relu_backward<T>(from.data, dy.data, number, dx.data, count);
    case Activation::kElu:
      return kernels::elu_backward<T>(from.data, dy.data, number, dx.data, count);
    case Activation::kRelu6:
      return kernels::relu6_backward<T>(from.data, dy.data, dx.data, count);
    case Activation::kHardSigmoid:
      return kernels::hard_sigmoid_backward<T>(from.data, dy.data, number, dx.data, count);
    case Activation::kHardSwish:
      return kernels::hard_swish_backward<T>(from.data, dy.data, dx.data, count);
    case Activation::kSoftplus:
      return kernels::softplus_backward<T>(from.data, dy.data, number, dx.data, count);
    case Activation::kSilu:
      return kernels::silu_backward<T>(from.data, dy.data, dx.data, count);
    case Activation::kGelu:
      return kernels::gelu_backward<T>(from.data, dy.data, dx.data, count);
    case Activation::kGeluTanh:
      return kernels::gelu_tanh_backward<T>(from.data, dy.data, dx.data, count);
    case Activation::kLinear:
    case Activation::kPrelu:
      break;
  }
}

template <class T>
class ActivationLayer final : public Layer<T> {
 public:
  template <class Spec>
  ActivationLayer(const Spec& spec, Blueprint&) : function_(spec.function()) {}
  void forward(const Forward<T>& call) const override { activate<T>(function_, call.x, call.y); }
  void backward(const Backward<T>& call) const override {
    if (call.dx.data != nullptr) activate_backward<T>(function_, reads_x(function_.kind) ? call.x : call.y, call.dy, call.dx);
  }
  LayerTraits traits() const override {
    const Activation kind = function_.kind;
    // The other activations must not overwrite x: their gradient needs it, or they turn an infinite x into a finite y, and no message would
    // name it.
    const bool keeps_infinity =
        kind == Activation::kRelu || kind == Activation::kLeakyRelu || kind == Activation::kElu || kind == Activation::kSoftplus;
    return {.may_write_y_over_x = keeps_infinity,
            .may_write_dx_over_dy = true,
            .part_by_part = PartByPart::kBoth,
            .reads_y = !reads_x(kind),
            .activation = kind};
  }

 private:
  ActivationFunction function_;
};

class ActivationSpec : public SpecOf<ActivationSpec, ActivationLayer> {
 public:
  explicit ActivationSpec(ActivationFunction function) : function_(function) {}
  void describe(config::OptionVisitor& visitor) override { describe_common(visitor); }
  const ActivationFunction& function() const { return function_; }

 protected:
  ActivationFunction function_;
};

/// The options of an activation with a number that the user may give.
class NumberedSpec final : public ActivationSpec {
 public:
  NumberedSpec(ActivationFunction function, config::Option option, config::Range range)
      : ActivationSpec(function), option_(option), range_(range) {}
  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.number(option_, function_.number, range_);
  }

 private:
  config::Option option_;
  config::Range range_;
};

class GeluSpec final : public ActivationSpec {
 public:
  GeluSpec() : ActivationSpec({Activation::kGelu}) {}
  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.choice(
        {"approximate", "none: computed by the error function; tanh: approximated by tanh alone, as Keras's approximate=True does"},
        function_.kind, {{"none", Activation::kGelu}, {"tanh", Activation::kGeluTanh}}, {{"false", "none"}, {"true", "tanh"}});
  }
};

constexpr double kSlopeOfHardSigmoid = 1.0 / 6.0;

std::shared_ptr<ActivationSpec> spec_of(Activation kind) {
  switch (kind) {
    case Activation::kLeakyRelu:
      return std::make_shared<NumberedSpec>(
          ActivationFunction{kind, 0.3}, config::Option{"negative_slope", "the slope where x < 0: 0.3 in Keras's layer, 0.01 in PyTorch"},
          config::at_least(0.0));
    case Activation::kElu:
      return std::make_shared<NumberedSpec>(ActivationFunction{kind, 1.0},
                                            config::Option{"alpha", "y approaches -alpha for very negative x"}, config::at_least(0.0));
    case Activation::kHardSigmoid:
      return std::make_shared<NumberedSpec>(
          ActivationFunction{kind, kSlopeOfHardSigmoid},
          config::Option{"slope", "the slope at 0: 1/6 in Keras 3 and PyTorch, 0.2 in Keras 2 and ONNX's default"}, config::above(0.0));
    case Activation::kSoftplus:
      return std::make_shared<NumberedSpec>(ActivationFunction{kind, 1.0},
                                            config::Option{"beta", "how sharply the function bends at 0: PyTorch's beta; Keras has 1"},
                                            config::above(0.0));
    case Activation::kGelu:
      return std::make_shared<GeluSpec>();
    default:
      return std::make_shared<ActivationSpec>(ActivationFunction{kind});
  }
}

config::FamilyMember member(std::string_view type, std::string_view doc, std::string_view source, Activation kind) {
  return {type, doc, source, [kind] { return spec_of(kind); }};
}

using Words = std::vector<std::pair<std::string_view, Activation>>;

/// The words of the option "activation".  leaky_relu is not among them, because Keras gives it one default slope as an activation and
/// another one as a layer.
const Words& words() {
  static const Words kWords = {{"linear", Activation::kLinear},
                               {"relu", Activation::kRelu},
                               {"tanh", Activation::kTanh},
                               {"sigmoid", Activation::kSigmoid},
                               {"softmax", Activation::kSoftmax},
                               {"elu", Activation::kElu},
                               {"relu6", Activation::kRelu6},
                               {"hard_sigmoid", Activation::kHardSigmoid},
                               {"hard_swish", Activation::kHardSwish},
                               {"softplus", Activation::kSoftplus},
                               {"silu", Activation::kSilu},
                               {"gelu", Activation::kGelu}};
  return kWords;
}

}  // namespace

config::FamilyMember relu() { return member("relu", "y = max(x, 0)", "Nair and Hinton 2010; Keras 3 ReLU", Activation::kRelu); }
config::FamilyMember tanh() { return member("tanh", "y = tanh(x)", "Keras 3 tanh", Activation::kTanh); }
config::FamilyMember sigmoid() { return member("sigmoid", "y = 1 / (1 + exp(-x))", "Keras 3 sigmoid", Activation::kSigmoid); }
config::FamilyMember softmax() {
  return member("softmax", "y = exp(x) / sum exp(x) over the channels", "Keras 3 Softmax (axis -1)", Activation::kSoftmax);
}
config::FamilyMember leaky_relu() {
  return member("leaky_relu", "y = x where x > 0, else negative_slope x", "Maas, Hannun and Ng 2013; Keras 3 LeakyReLU",
                Activation::kLeakyRelu);
}
config::FamilyMember elu() {
  return member("elu", "y = x where x > 0, else alpha (exp(x) - 1)", "Clevert, Unterthiner and Hochreiter 2016; Keras 3 ELU",
                Activation::kElu);
}
config::FamilyMember relu6() {
  return member("relu6", "y = max(0, min(x, 6))", "Krizhevsky 2010; Keras 3 relu6, PyTorch ReLU6", Activation::kRelu6);
}
config::FamilyMember hard_sigmoid() {
  return member("hard_sigmoid", "y = max(0, min(slope x + 1/2, 1))", "Courbariaux 2015; Keras 3 hard_sigmoid, PyTorch Hardsigmoid",
                Activation::kHardSigmoid);
}
config::FamilyMember hard_swish() {
  return member("hard_swish", "y = x max(0, min(x / 6 + 1/2, 1))", "Howard 2019; Keras 3 hard_silu, PyTorch Hardswish",
                Activation::kHardSwish);
}
config::FamilyMember softplus() {
  return member("softplus", "y = log(1 + exp(beta x)) / beta", "Dugas 2001; Keras 3 softplus, PyTorch Softplus without its threshold",
                Activation::kSoftplus);
}
config::FamilyMember silu() {
  return member("silu", "y = x / (1 + exp(-x)), also called swish", "Elfwing, Uchibe and Doya 2018; Keras 3 silu, PyTorch SiLU",
                Activation::kSilu);
}
config::FamilyMember gelu() {
  return member("gelu", "y = x times the normal distribution function of x", "Hendrycks and Gimpel 2016; Keras 3 gelu, PyTorch GELU",
                Activation::kGelu);
}

void describe_activation(config::OptionVisitor& visitor, Activation& activation) {
  visitor.choice({"activation", "the function that follows the layer, as a layer of its own"}, activation, words(), {{"none", "linear"}});
}

std::optional<LayerDescription> activation_layer(Activation activation) {
  if (activation == Activation::kLinear) return std::nullopt;
  const auto word = std::find_if(words().begin(), words().end(), [&](const auto& entry) { return entry.second == activation; });
  return LayerDescription{std::string(word->first), spec_of(activation)};
}

}  // namespace normrun::nn::layers
