#pragma once

#include <limits>

#include "compare/compare_modes.hpp"

/// The functions behind the list of probes.  probes.cpp says what each computes.
namespace normrun::compare::probe {

/// A probe that does not apply returns this.
inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

template <class T>
double microbatch_gradient_difference(const Snapshot<T>& snapshot);
template <class T>
double synchronised_gradient_difference(const Snapshot<T>& snapshot);
template <class T>
double batch_one_gradient_norm(const Snapshot<T>& snapshot);

template <class T>
double batch_one_output_spread(const Snapshot<T>& snapshot);
template <class T>
double batch_two_sign_error(const Snapshot<T>& snapshot);
template <class T>
double batch_invariance(const Snapshot<T>& snapshot);
template <class T>
double weight_rescale(const Snapshot<T>& snapshot);

template <class T>
double moving_mean_noise(const Snapshot<T>& snapshot);

}  // namespace normrun::compare::probe
