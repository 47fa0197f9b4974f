#include "study/predict.hpp"

#include <cmath>
#include <numbers>

#include "core/elementary.hpp"

namespace normrun::study {

double expected_batch_sd(Index batch_size) {
  // From B to B + 2, Gamma(B/2) / Gamma((B-1)/2) grows by the factor B / (B-1).
  const bool even = batch_size % 2 == 0;
  double ratio = even ? 1.0 / std::sqrt(std::numbers::pi) : std::sqrt(std::numbers::pi) / 2.0;
  for (Index b = even ? 2 : 3; b < batch_size; b += 2) ratio *= static_cast<double>(b) / static_cast<double>(b - 1);
  return std::sqrt(2.0 / static_cast<double>(batch_size)) * ratio;
}

std::vector<Prediction> predict(const PredictionInput& input) {
  const double batch = static_cast<double>(input.batch_size);
  const double m = input.momentum;
  const double share = math::power(m, static_cast<std::uint64_t>(input.steps));
  const double averaging = (1.0 - m) / (1.0 + m) * (1.0 - share * share);
  const bool biased = input.moving_variance == PredictionInput::Variance::kBiased;
  // One row has no unbiased variance, so a batch of one row leaves the moving variance as it is.
  const bool follows = biased || input.batch_size > 1;
  const double bias = biased ? (batch - 1.0) / batch : 1.0;
  const double ratio = follows ? (1.0 - share) * bias + share / input.population_variance : 1.0 / input.population_variance;
  const double variance_noise = input.batch_size > 1 ? bias * std::sqrt(2.0 / (batch - 1.0) * averaging) : 0.0;
  const double gap = input.batch_size > 1 ? std::sqrt(2.0 - 2.0 * expected_batch_sd(input.batch_size)) : 1.0;
  return {
      {"init_share", share, "m^T", "the exponential average unrolled; the initial 0 and 1 keep this weight"},
      {"moving_mean_noise", std::sqrt(averaging / batch), "sqrt((1-m)/(1+m) (1-m^(2T)) / B)",
       "variance of a weighted sum of independent batch means, in population standard deviations"},
      {"moving_variance_noise", variance_noise,
       biased ? "(B-1)/B sqrt(2/(B-1) (1-m)/(1+m) (1-m^(2T)))" : "sqrt(2/(B-1) (1-m)/(1+m) (1-m^(2T)))",
       "variance of the sample variance of normal numbers, relative to the population's"},
      {"var_ratio", ratio, biased ? "(1-m^T) (B-1)/B + m^T / variance" : "(1-m^T) + m^T / variance",
       biased ? "E of the biased sample variance is (B-1)/B; Keras, flax" : "E of the unbiased sample variance is 1; PyTorch"},
      {"relative_gap", gap, "sqrt(2 - 2 sqrt(2/B) Gamma(B/2)/Gamma((B-1)/2))",
       "E (x_hat - x)^2 with x_hat of the batch: the layer's own outputs, train mode against exact statistics"},
      {"relative_gap_large_batch", std::sqrt(1.5 / batch), "sqrt(3 / (2 B))", "relative_gap for large B: the 1/sqrt(B) law"},
  };
}

}  // namespace normrun::study
