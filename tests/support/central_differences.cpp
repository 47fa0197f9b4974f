#include "support/central_differences.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace normrun::test {
namespace {

double weighted_output(LayerRig<double>& rig, const nn::Network<double>::Pass& pass) {
  const ConstView<double> y = rig.forward(pass);
  double sum = 0.0;
  for (Index i = 0; i < y.size(); ++i) sum += y.data[i] * rig.dy.view().data[i];
  return sum;
}

/// Compares the gradients of `values`, which are the rig's own.
GradientError compare(LayerRig<double>& rig, const nn::Network<double>::Pass& pass, std::span<double> values,
                      const std::vector<double>& analytic) {
  constexpr double kStep = 1e-4;
  constexpr double kErrorByDistance = 3.0;  // a jump of the second derivative gives 2.25 at most, when it is at the very point
  GradientError worst;
  double largest = 1.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double at = values[i];
    const auto across = [&](double steps) {
      values[i] = at + steps * kStep;
      const double above = weighted_output(rig, pass);
      values[i] = at - steps * kStep;
      return above - weighted_output(rig, pass);
    };
    const double half = across(0.5);
    const double one = across(1);
    const double two = across(2);
    const double three = across(3);
    values[i] = at;
    const double fourth_order = (8.0 * one - two) / (12.0 * kStep);
    const double sixth_order = (45.0 * one - 9.0 * two + three) / (60.0 * kStep);
    worst.error = std::max(worst.error, std::abs(sixth_order - analytic[i]));
    // A kink at one step's distance moves all differences but those of half steps alike.
    const double of_half_steps = (8.0 * half - one) / (6.0 * kStep);
    const double distance = std::max(std::abs(sixth_order - fourth_order), std::abs(sixth_order - of_half_steps));
    worst.doubt = std::max(worst.doubt, kErrorByDistance * distance);
    largest = std::max(largest, std::abs(analytic[i]));
  }
  return {.error = worst.error / largest, .doubt = worst.doubt / largest};
}

GradientError compare_parameter_gradients(LayerRig<double>& rig, const nn::Network<double>::Pass& pass) {
  std::fill(rig.grads.begin(), rig.grads.end(), 99.0);  // backward overwrites
  std::fill(rig.dx.view().begin(), rig.dx.view().end(), 99.0);
  rig.forward(pass);
  rig.backward();
  const std::vector<double> grads(rig.grads.begin(), rig.grads.end());
  return compare(rig, pass, rig.model.params, grads);
}

}  // namespace

GradientError compare_gradients(LayerRig<double>& rig, const nn::Network<double>::Pass& pass) {
  const GradientError of_params = compare_parameter_gradients(rig, pass);
  const std::vector<double> dx(rig.dx.view().begin(), rig.dx.view().end());
  const GradientError of_x = compare(rig, pass, {rig.x.view().data, dx.size()}, dx);
  return {.error = std::max(of_params.error, of_x.error), .doubt = std::max(of_params.doubt, of_x.doubt)};
}

double gradient_error(LayerRig<double>& rig, const nn::Network<double>::Pass& pass) { return compare_gradients(rig, pass).error; }

double parameter_gradient_error(LayerRig<double>& rig, const nn::Network<double>::Pass& pass) {
  return compare_parameter_gradients(rig, pass).error;
}

}  // namespace normrun::test
