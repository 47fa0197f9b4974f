#pragma once

#include <cstdint>
#include <vector>

#include "core/shape.hpp"
#include "data/generated.hpp"

namespace normrun::data::sources {

enum class Distribution { kGaussian, kUniform };
enum class TargetKind { kZeros, kLinear, kTeacher, kClusters, kPrototypes, kRandomLabels };

/// The options of `gaussian` and `uniform`.  Each number u is an independent draw from N(mean, sd^2) or U(low, high):
///   zeros          x = u                                     target 0, as wide as the network's output
///   linear         x = u        y = w x + noise e            w ~ N(0, 1/features), e ~ N(0, 1)
///   teacher        x = u        y = v relu(w x) + noise e    w ~ N(0, 2/features), v ~ N(0, 1/teacher_units)
///   random-labels  x = u        label uniform, independent of x
///   clusters       x = separation c[label] + noise u         c ~ N(0, 1)
///   prototypes     x = prototype_scale p[label] + noise u    p is 0 with probability sparsity, else U(0, 1)
/// If `clip` is given, x is then clipped to it.
struct TabularOptions {
  Distribution distribution = Distribution::kGaussian;
  double mean = 0.0;  // only of gaussian
  double sd = 1.0;
  double low = 0.0;  // only of uniform
  double high = 1.0;
  Index features = 10;
  std::vector<Index> shape;  // if empty, the shape is (features)
  TargetKind target = TargetKind::kLinear;
  Index classes = 10;
  Index outputs = 1;
  double noise = 0.1;
  Index teacher_units = 64;
  double separation = 1.0;
  double prototype_scale = 0.3;
  double sparsity = 0.8;
  std::vector<double> clip;  // low and high; empty if inputs are not clipped

  bool has_classes() const;
  Shape example_shape() const { return shape.empty() ? Shape{features} : Shape(shape); }
};

class TabularSampler {
 public:
  /// The largest number of a teacher's units, and of outputs: the sums of a row have a fixed amount of space.
  static constexpr Index kMaxWidth = 1024;

  TabularSampler(const TabularOptions& options, std::uint64_t seed);

  const Shape& shape() const { return shape_; }
  Index classes() const { return options_.has_classes() ? options_.classes : 0; }
  Index outputs() const { return outputs_; }

  template <class T>
  void fill(const Preparation& preparation, RowStreams& streams, const RowsOut<T>& out) const;

 private:
  double input(RandomStream& stream, const double* centre, Index feature) const;
  void target(const double* sums, RandomStream& noise, double* y) const;

  TabularOptions options_;
  Shape shape_;
  Index outputs_ = 0;
  Index width_ = 0;         // how many sums a row has: one for each unit of the teacher, or for each output
  Matrix<double> centres_;  // (classes, features) the scaled centres; empty if the target has no centres
  Matrix<double> weights_;  // (features, width)
  Matrix<double> last_;     // (units, outputs) the last weights of a teacher
};

}  // namespace normrun::data::sources
