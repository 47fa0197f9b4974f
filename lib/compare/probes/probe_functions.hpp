#pragma once

#include <limits>
#include <span>
#include <vector>

#include "compare/compare_modes.hpp"
#include "compare/probes/probes.hpp"

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

/// Returns the number below which `share` of the numbers lie.  It lies between two of the numbers, in proportion.  `ascending` must be
/// sorted.
double percentile_of(std::span<const double> ascending, double share);
template <class T>
std::vector<LayerValue> activation_percentile(const Snapshot<T>& snapshot, double share);
template <class T>
std::vector<LayerValue> gradient_norm(const Snapshot<T>& snapshot);

template <class T>
double moving_mean_noise(const Snapshot<T>& snapshot);

}  // namespace normrun::compare::probe
