#include "train/clip.hpp"

#include <algorithm>
#include <cmath>

namespace normrun::train {
namespace {

constexpr double kTorchEpsilon = 1e-6;

template <class T>
double squared_norm(std::span<const T> numbers) {
  double sum = 0.0;
  for (const T number : numbers) sum += static_cast<double>(number) * static_cast<double>(number);
  return sum;
}

template <class T>
void limit_norm(double limit, double norm, Convention convention, std::span<T> numbers) {
  const double divisor = convention == Convention::kTorch ? norm + kTorchEpsilon : norm;
  if (!(limit < divisor)) return;
  const T factor = static_cast<T>(limit / divisor);
  for (T& number : numbers) number *= factor;
}

}  // namespace

void ClipOptions::describe(config::OptionVisitor& visitor) {
  visitor.number({"value", "the largest size of each number of the gradient (Keras's clipvalue, torch's clip_grad_value_)"}, value,
                 config::above(0.0));
  visitor.number({"tensor_norm", "the largest norm of each tensor's gradient (Keras's clipnorm)"}, tensor_norm, config::above(0.0));
  visitor.number({"norm", "the largest norm of the whole gradient (Keras's global_clipnorm, torch's clip_grad_norm_)"}, norm,
                 config::above(0.0));
}

template <class T>
void clip_gradient(const ClipOptions& options, Convention convention, const nn::Layout& layout, std::span<T> gradient) {
  if (options.value) {
    const T limit = static_cast<T>(*options.value);
    for (T& number : gradient) number = std::clamp(number, -limit, limit);
  }
  if (options.tensor_norm) {
    for (const nn::ParamEntry& entry : layout.params) {
      const auto tensor = gradient.subspan(static_cast<std::size_t>(entry.id.offset), static_cast<std::size_t>(entry.id.size));
      limit_norm(*options.tensor_norm, std::sqrt(squared_norm<T>(tensor)), convention, tensor);
    }
  }
  if (options.norm) limit_norm(*options.norm, std::sqrt(squared_norm<T>(gradient)), convention, gradient);
}

template void clip_gradient(const ClipOptions&, Convention, const nn::Layout&, std::span<float>);
template void clip_gradient(const ClipOptions&, Convention, const nn::Layout&, std::span<double>);

}  // namespace normrun::train
