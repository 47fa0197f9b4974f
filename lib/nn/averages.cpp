#include "nn/averages.hpp"

#include "core/elementary.hpp"

namespace normrun::nn {
namespace {

/// Whether the average is the plain mean of all batches.  A bias-corrected average with momentum 1 is one, too, because it forgets nothing.
bool is_plain_mean(Average average, double momentum) {
  return average == Average::kCumulative || (average == Average::kBiasCorrected && momentum == 1.0);
}

double power(double momentum, Index exponent) { return math::power(momentum, static_cast<std::uint64_t>(exponent)); }

}  // namespace

double momentum_of_update(Average average, double momentum, double update) {
  if (average == Average::kExponential) return momentum;
  if (is_plain_mean(average, momentum)) return 1.0 - 1.0 / update;
  const double before = power(momentum, static_cast<Index>(update) - 1);
  return momentum * (1.0 - before) / (1.0 - momentum * before);
}

double share_left(Average average, double momentum, Index from, Index to) {
  if (from == to) return 1.0;
  if (average == Average::kExponential) return power(momentum, to - from);
  if (is_plain_mean(average, momentum)) return static_cast<double>(from) / static_cast<double>(to);
  return power(momentum, to - from) * (1.0 - power(momentum, from)) / (1.0 - power(momentum, to));
}

}  // namespace normrun::nn
