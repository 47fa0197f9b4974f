#include "data/sources/tabular_sampler.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace normrun::data::sources {
namespace {

Matrix<double> normal_matrix(Index rows, Index cols, double sd, RandomStream& stream) {
  Matrix<double> matrix = allocate_rows<double>(rows, cols);
  for (double& value : matrix.view()) value = sd * stream.normal();
  return matrix;
}

}  // namespace

bool TabularOptions::has_classes() const {
  return target == TargetKind::kClusters || target == TargetKind::kPrototypes || target == TargetKind::kRandomLabels;
}

TabularSampler::TabularSampler(const TabularOptions& options, std::uint64_t seed) : options_(options), shape_(options.example_shape()) {
  RandomStream stream = rule_stream(seed);
  const Index features = shape_.size();
  const double fan_in = static_cast<double>(features);
  switch (options_.target) {
    case TargetKind::kZeros:
    case TargetKind::kRandomLabels:
      break;
    case TargetKind::kLinear:
      outputs_ = width_ = options_.outputs;
      weights_ = normal_matrix(features, width_, std::sqrt(1.0 / fan_in), stream);
      break;
    case TargetKind::kTeacher:
      outputs_ = options_.outputs;
      width_ = options_.teacher_units;
      weights_ = normal_matrix(features, width_, std::sqrt(2.0 / fan_in), stream);
      last_ = normal_matrix(width_, outputs_, std::sqrt(1.0 / static_cast<double>(width_)), stream);
      break;
    case TargetKind::kClusters:
      centres_ = normal_matrix(options_.classes, features, options_.separation, stream);
      break;
    case TargetKind::kPrototypes:
      centres_ = allocate_rows<double>(options_.classes, features);
      for (double& value : centres_.view()) {
        const bool is_zero = stream.uniform() < options_.sparsity;
        const double height = options_.prototype_scale * stream.uniform();
        value = is_zero ? 0.0 : height;
      }
      break;
  }
}

double TabularSampler::input(RandomStream& stream, const double* centre, Index feature) const {
  double x = options_.distribution == Distribution::kGaussian ? options_.mean + options_.sd * stream.normal()
                                                              : stream.uniform(options_.low, options_.high);
  if (centre != nullptr) x = centre[feature] + options_.noise * x;
  return options_.clip.empty() ? x : std::clamp(x, options_.clip[0], options_.clip[1]);
}

void TabularSampler::target(const double* sums, RandomStream& noise, double* y) const {
  for (Index o = 0; o < outputs_; ++o) {
    if (options_.target == TargetKind::kTeacher) {
      y[o] = 0.0;
      for (Index unit = 0; unit < width_; ++unit) y[o] += std::max(sums[unit], 0.0) * last_(unit, o);
    } else {
      y[o] = sums[o];
    }
    if (options_.noise > 0.0) y[o] += options_.noise * noise.normal();
  }
}

template <class T>
void TabularSampler::fill(const Preparation& preparation, RowStreams& streams, const RowsOut<T>& out) const {
  std::array<double, kMaxWidth> sums;
  std::array<double, kMaxWidth> y;
  const Index features = shape_.size();
  for (Index r = 0; r < out.features.rows; ++r) {
    const double* centre = nullptr;
    if (classes() > 0) {
      const auto label = static_cast<Index>(streams.targets.below(static_cast<std::uint64_t>(classes())));
      out.labels[r] = static_cast<std::int32_t>(label);
      if (centres_.rows() > 0) centre = centres_.view().row(label);
    }
    std::fill_n(sums.begin(), width_, 0.0);
    T* row = out.features.row(r);
    for (Index j = 0; j < features; ++j) {
      const double x = input(streams.rows, centre, j);
      row[j] = static_cast<T>(preparation.prepared(x));
      const double* weights = weights_.view().row(j);
      for (Index k = 0; k < width_; ++k) sums[static_cast<std::size_t>(k)] += x * weights[k];
    }
    if (outputs_ == 0) continue;
    target(sums.data(), streams.targets, y.data());
    for (Index o = 0; o < outputs_; ++o) out.targets(r, o) = static_cast<T>(y[static_cast<std::size_t>(o)]);
  }
}

template void TabularSampler::fill(const Preparation&, RowStreams&, const RowsOut<float>&) const;
template void TabularSampler::fill(const Preparation&, RowStreams&, const RowsOut<double>&) const;

}  // namespace normrun::data::sources
