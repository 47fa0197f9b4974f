// Functions that are applied to each number by itself, and that are not usual activations.
//
//   clip  y = max(low, min(x, high))     dx = dy where low < y < high, else 0
//   math  abs         y = |x|            dx = dy sign(x)
//         erf         y = erf(x)         dx = dy 2 / sqrt(pi) exp(-x^2)
//         exp         y = exp(x)         dx = dy y
//         log         y = log(x)         dx = dy / x
//         reciprocal  y = 1 / x          dx = -dy y^2
//         sqrt        y = sqrt(x)        dx = dy / (2 y)
//
// Sources: ONNX Clip, Abs, Erf, Exp, Log, Reciprocal, Sqrt; Keras 3 ops of the same names.  Near 0, erf(x) = 2 normal_cdf(x sqrt(2)) - 1
// loses relative accuracy, but no absolute accuracy.  Modes: the layers do not read the mode.
#include <algorithm>
#include <cmath>

#include "core/elementary.hpp"
#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class Clip;

class ClipSpec final : public SpecOf<ClipSpec, Clip> {
 public:
  std::optional<double> min_value;
  std::optional<double> max_value;
  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.number({"min_value", "no output is below it; default: no limit"}, min_value, config::any_number());
    visitor.number({"max_value", "no output is above it; default: no limit"}, max_value, config::any_number());
    visitor.require(!min_value || !max_value || *min_value <= *max_value, "max_value", "a number that is not below min_value");
  }
};

template <class T>
class Clip final : public Layer<T> {
 public:
  Clip(const ClipSpec& spec, Blueprint&)
      : low_(spec.min_value ? static_cast<T>(*spec.min_value) : -std::numeric_limits<T>::infinity()),
        high_(spec.max_value ? static_cast<T>(*spec.max_value) : std::numeric_limits<T>::infinity()) {}

  void forward(const Forward<T>& call) const override {
    std::transform(call.x.begin(), call.x.end(), call.y.begin(), [&](T x) { return x < low_ ? low_ : x > high_ ? high_ : x; });
  }
  void backward(const Backward<T>& call) const override {
    if (call.dx.data == nullptr) return;
    for (Index i = 0; i < call.dy.size(); ++i) call.dx.data[i] = low_ < call.y.data[i] && call.y.data[i] < high_ ? call.dy.data[i] : T{0};
  }
  LayerTraits traits() const override {
    return {.may_write_y_over_x = true, .may_write_dx_over_dy = true, .part_by_part = PartByPart::kBoth, .reads_y = true};
  }

 private:
  T low_;
  T high_;
};

enum class MathFunction { kAbs, kErf, kExp, kLog, kReciprocal, kSqrt };

template <class T>
class Math;

class MathSpec final : public SpecOf<MathSpec, Math> {
 public:
  MathFunction function = MathFunction::kAbs;
  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.choice({"function", "which function"}, function,
                   {{"abs", MathFunction::kAbs},
                    {"erf", MathFunction::kErf},
                    {"exp", MathFunction::kExp},
                    {"log", MathFunction::kLog},
                    {"reciprocal", MathFunction::kReciprocal},
                    {"sqrt", MathFunction::kSqrt}});
  }
};

template <class T>
class Math final : public Layer<T> {
 public:
  Math(const MathSpec& spec, Blueprint&) : function_(spec.function) {}

  void forward(const Forward<T>& call) const override {
    std::transform(call.x.begin(), call.x.end(), call.y.begin(), [&](T x) { return value(x); });
  }
  void backward(const Backward<T>& call) const override {
    if (call.dx.data == nullptr) return;
    for (Index i = 0; i < call.dy.size(); ++i) call.dx.data[i] = call.dy.data[i] * slope(call.x.data[i], call.y.data[i]);
  }
  LayerTraits traits() const override { return {.may_write_dx_over_dy = true, .part_by_part = PartByPart::kBoth, .reads_y = true}; }

 private:
  static constexpr double kSqrtOf2 = 1.4142135623730951;
  static constexpr double kTwoOverSqrtOfPi = 1.1283791670955126;

  T value(T x) const {
    switch (function_) {
      case MathFunction::kAbs:
        return std::abs(x);
      case MathFunction::kErf:
        return static_cast<T>(2.0 * math::normal_cdf(static_cast<double>(x) * kSqrtOf2) - 1.0);
      case MathFunction::kExp:
        return math::exp(x);
      case MathFunction::kLog:
        return math::log(x);
      case MathFunction::kReciprocal:
        return T{1} / x;
      case MathFunction::kSqrt:
        return std::sqrt(x);
    }
    return x;
  }
  T slope(T x, T y) const {
    switch (function_) {
      case MathFunction::kAbs:
        return x < T{0} ? T{-1} : x > T{0} ? T{1} : T{0};
      case MathFunction::kErf:
        return static_cast<T>(kTwoOverSqrtOfPi) * math::exp(-x * x);
      case MathFunction::kExp:
        return y;
      case MathFunction::kLog:
        return T{1} / x;
      case MathFunction::kReciprocal:
        return -y * y;
      case MathFunction::kSqrt:
        return T{1} / (T{2} * y);
    }
    return T{1};
  }

  MathFunction function_;
};

}  // namespace

config::FamilyMember clip() {
  return {"clip", "y = max(min_value, min(x, max_value))", "ONNX Clip, Keras 3 ops.clip", [] { return std::make_shared<ClipSpec>(); }};
}
config::FamilyMember math() {
  return {"math", "a function of each number: abs, erf, exp, log, reciprocal or sqrt", "Keras 3 ops",
          [] { return std::make_shared<MathSpec>(); }};
}

}  // namespace normrun::nn::layers
