#include "study/predict.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/random.hpp"

using namespace normrun;

namespace {

double value_of(const std::vector<study::Prediction>& predictions, const std::string& quantity) {
  return std::find_if(predictions.begin(), predictions.end(), [&](const study::Prediction& p) { return p.quantity == quantity; })->value;
}

struct Simulated {
  double mean_noise = 0.0;      // sd of the moving mean over the repetitions
  double variance_mean = 0.0;   // mean of the moving variance
  double variance_noise = 0.0;  // its sd
  double gap = 0.0;             // rms (x_hat - x) of the last batches
};

/// Moving statistics of batches of N(0, 1), many times over.
Simulated simulate(const study::PredictionInput& input, int repetitions) {
  RandomStream stream(7, Purpose::kData);
  const auto size = static_cast<std::size_t>(input.batch_size);
  const double batch = static_cast<double>(input.batch_size);
  std::vector<double> x(size);
  double m2 = 0.0;
  double v1 = 0.0;
  double v2 = 0.0;
  double gap = 0.0;
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    double moving_mean = 0.0;
    double moving_variance = 1.0;
    for (Index step = 0; step < input.steps; ++step) {
      double mean = 0.0;
      for (double& value : x) mean += (value = stream.normal()) / batch;
      double variance = 0.0;
      for (const double value : x) variance += (value - mean) * (value - mean) / batch;
      const double stored =
          input.moving_variance == study::PredictionInput::Variance::kBiased ? variance : variance * batch / (batch - 1.0);
      moving_mean = input.momentum * moving_mean + (1.0 - input.momentum) * mean;
      moving_variance = input.momentum * moving_variance + (1.0 - input.momentum) * stored;
      if (step + 1 < input.steps) continue;
      for (const double value : x) gap += std::pow((value - mean) / std::sqrt(variance) - value, 2) / batch;
    }
    m2 += moving_mean * moving_mean;
    v1 += moving_variance;
    v2 += moving_variance * moving_variance;
  }
  const double n = repetitions;
  return {std::sqrt(m2 / n), v1 / n, std::sqrt(v2 / n - v1 / n * (v1 / n)), std::sqrt(gap / n)};
}

}  // namespace

TEST_CASE("theory agrees with simulation, cold and warm, biased and unbiased") {
  for (const study::PredictionInput input :
       {study::PredictionInput{2, 0.9, 5}, study::PredictionInput{4, 0.9, 60}, study::PredictionInput{16, 0.8, 30},
        study::PredictionInput{4, 0.95, 20, study::PredictionInput::Variance::kUnbiased}}) {
    CAPTURE(input.batch_size);
    CAPTURE(input.steps);
    const Simulated simulated = simulate(input, 8000);
    const std::vector<study::Prediction> predicted = study::predict(input);
    CHECK(value_of(predicted, "moving_mean_noise") == doctest::Approx(simulated.mean_noise).epsilon(0.03));
    CHECK(value_of(predicted, "var_ratio") == doctest::Approx(simulated.variance_mean).epsilon(0.01));
    CHECK(value_of(predicted, "moving_variance_noise") == doctest::Approx(simulated.variance_noise).epsilon(0.06));
    CHECK(value_of(predicted, "relative_gap") == doctest::Approx(simulated.gap).epsilon(0.02));
  }
}

TEST_CASE("known values") {
  const std::vector<study::Prediction> example = study::predict({4, 0.99, 10});
  CHECK(value_of(example, "init_share") == doctest::Approx(0.9043820750088044).epsilon(1e-14));
  CHECK(study::expected_batch_sd(2) == doctest::Approx(1.0 / std::sqrt(3.14159265358979323846)).epsilon(1e-15));
  CHECK(study::expected_batch_sd(3) == doctest::Approx(std::sqrt(2.0 / 3.0) * std::sqrt(3.14159265358979323846) / 2.0).epsilon(1e-15));
  const std::vector<study::Prediction> large = study::predict({4096, 0.9, 1000});
  CHECK(value_of(large, "relative_gap") == doctest::Approx(value_of(large, "relative_gap_large_batch")).epsilon(1e-3));
  CHECK(value_of(study::predict({1, 0.9, 50}), "relative_gap") == 1.0);
}
