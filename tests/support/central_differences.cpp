#include "support/central_differences.hpp"

#include <algorithm>
#include <cmath>

namespace normrun::test {
namespace {

double weighted_output(LayerRig<double>& rig, const nn::Network<double>::Pass& pass) {
  const ConstView<double> y = rig.forward(pass);
  double sum = 0.0;
  for (Index i = 0; i < y.size(); ++i) sum += y.data[i] * rig.dy.view().data[i];
  return sum;
}

}  // namespace

double gradient_error(LayerRig<double>& rig, const nn::Network<double>::Pass& pass, std::span<double> values,
                      const std::vector<double>& analytic) {
  constexpr double kStep = 1e-4;
  double worst = 0.0;
  double largest = 1.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double at = values[i];
    const auto shifted = [&](double steps) {
      values[i] = at + steps * kStep;
      return weighted_output(rig, pass);
    };
    const double numeric = (8.0 * (shifted(1) - shifted(-1)) - (shifted(2) - shifted(-2))) / (12.0 * kStep);
    values[i] = at;
    worst = std::max(worst, std::abs(numeric - analytic[i]));
    largest = std::max(largest, std::abs(analytic[i]));
  }
  return worst / largest;
}

double parameter_gradient_error(LayerRig<double>& rig, const nn::Network<double>::Pass& pass) {
  std::fill(rig.grads.begin(), rig.grads.end(), 99.0);  // backward overwrites
  std::fill(rig.dx.view().begin(), rig.dx.view().end(), 99.0);
  rig.forward(pass);
  rig.backward();
  const std::vector<double> grads(rig.grads.begin(), rig.grads.end());
  return gradient_error(rig, pass, rig.model.params, grads);
}

double gradient_error(LayerRig<double>& rig, const nn::Network<double>::Pass& pass) {
  const double of_params = parameter_gradient_error(rig, pass);
  const std::vector<double> dx(rig.dx.view().begin(), rig.dx.view().end());
  return std::max(of_params, gradient_error(rig, pass, {rig.x.view().data, dx.size()}, dx));
}

}  // namespace normrun::test
