#pragma once

#include <span>
#include <vector>

#include "support/layer_rig.hpp"

namespace normrun::test {

/// The largest difference between `analytic` and fourth-order central differences of sum(y * dy) in `values`, which are the
/// rig's own (x or parameters), over the largest gradient or 1.
double gradient_error(LayerRig<double>& rig, const nn::Network<double>::Pass& pass, std::span<double> values,
                      const std::vector<double>& analytic);

/// The larger one of the errors of dx and of the parameters' gradients, after a forward and a backward pass.
double gradient_error(LayerRig<double>& rig, const nn::Network<double>::Pass& pass);

/// The error of the parameters' gradients alone.
double parameter_gradient_error(LayerRig<double>& rig, const nn::Network<double>::Pass& pass);

}  // namespace normrun::test
