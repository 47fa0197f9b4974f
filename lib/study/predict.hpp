#pragma once

#include <string>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::study {

/// What the predictions are for: a batch normalization with independent normal inputs, after some steps of training at one batch size.  The
/// theory neglects epsilon.
struct PredictionInput {
  Index batch_size = 32;
  double momentum = 0.99;  // weight of the old value, in [0, 1)
  Index steps = 100;
  enum class Variance { kBiased, kUnbiased } moving_variance = Variance::kBiased;
  double population_variance = 1.0;  // of the layer's inputs; the moving variance starts at 1
};

/// A predicted quantity, its formula and where the formula comes from.
struct Prediction {
  std::string quantity;
  double value = 0.0;
  std::string formula;
  std::string source;
};

/// Predicts init_share, the noise of the moving mean and variance, the expected ratio of variances and the gap between train and eval mode.
std::vector<Prediction> predict(const PredictionInput& input);

/// Returns E sqrt(v), where v is the biased variance of B >= 2 independent N(0, 1) numbers: sqrt(2/B) Gamma(B/2) / Gamma((B-1)/2).
double expected_batch_sd(Index batch_size);

}  // namespace normrun::study
