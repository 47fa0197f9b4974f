#pragma once

#include <string>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::study {

/// What theory is asked about: independent normal inputs of a batch normalization, after some steps of training at one
/// batch size.  Epsilon is neglected.
struct PredictionInput {
  Index batch_size = 32;
  double momentum = 0.99;  // weighs the old value; in [0, 1)
  Index steps = 100;
  enum class Variance { kBiased, kUnbiased } moving_variance = Variance::kBiased;
  double population_variance = 1.0;  // of the layer's inputs; the moving variance starts at 1
};

struct Prediction {
  std::string quantity;
  double value = 0.0;
  std::string formula;
  std::string source;
};

/// init_share, the noise of the moving mean and variance, the expected variance ratio and the train-eval gap.
std::vector<Prediction> predict(const PredictionInput& input);

/// E sqrt(v) of the biased variance v of B >= 2 independent N(0, 1) numbers: sqrt(2/B) Gamma(B/2) / Gamma((B-1)/2).
double expected_batch_sd(Index batch_size);

}  // namespace normrun::study
