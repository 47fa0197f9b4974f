#pragma once

#include "support/layer_rig.hpp"

namespace normrun::test {

/// How far gradients are from central differences of sum(y * dy), over the largest gradient or 1.
struct GradientError {
  double error = 0.0;  // of differences of sixth order
  /// Three times the distance between differences of sixth order and those of fourth order, of whole and of half steps.  If the first or
  /// second derivative jumps within reach, as those of relu and elu do at 0, or if the network bends sharply, doubt is large, and `error`
  /// then says nothing about the gradients.
  double doubt = 0.0;
};

/// Compares the gradients of x and of the parameters with differences, after a forward and a backward pass.
GradientError compare_gradients(LayerRig<double>& rig, const nn::Network<double>::Pass& pass);

/// The error of dx and of the parameters' gradients.
double gradient_error(LayerRig<double>& rig, const nn::Network<double>::Pass& pass);

/// The error of the parameters' gradients alone.
double parameter_gradient_error(LayerRig<double>& rig, const nn::Network<double>::Pass& pass);

}  // namespace normrun::test
