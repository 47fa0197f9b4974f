#include "data/feature_scaling.hpp"

#include <cmath>
#include <limits>
#include <utility>

namespace normrun::data {
namespace {

template <class T>
class ScaledGenerator final : public RowGenerator<T> {
 public:
  ScaledGenerator(std::shared_ptr<const RowGenerator<T>> raw, FeatureScaling scaling, std::vector<Affine> shifts, Index channels)
      : raw_(std::move(raw)), scaling_(std::move(scaling)), shifts_(std::move(shifts)), channels_(channels) {}

  void generate(std::uint64_t step, const RowsOut<T>& out) const override {
    raw_->generate(step, out);
    const Inputs<T> fresh{out.features, out.lengths, channels_};
    standardize<T>(scaling_, fresh);
    for (const Affine& shift : shifts_) apply<T>(shift, fresh);
  }

 private:
  std::shared_ptr<const RowGenerator<T>> raw_;
  FeatureScaling scaling_;
  std::vector<Affine> shifts_;
  Index channels_;
};

}  // namespace

template <class T>
FeatureScaling fit_scaling(const Inputs<T>& inputs) {
  const std::size_t features = static_cast<std::size_t>(inputs.columns());
  FeatureScaling scaling{std::vector<double>(features), std::vector<double>(features)};
  std::vector<double>& mean = scaling.mean;
  std::vector<double>& variance = scaling.inv_std;
  // 1. The mean is the first row plus the mean difference from it.  This is exact for a constant feature, whose variance must be 0.
  const T* first = inputs.features.row(0);
  double count = 0.0;
  inputs.for_each_block([&](ConstView<T> x) {
    count += static_cast<double>(x.rows);
    for (Index r = 0; r < x.rows; ++r) {
      for (std::size_t c = 0; c < features; ++c) mean[c] += static_cast<double>(x.row(r)[c]) - static_cast<double>(first[c]);
    }
  });
  for (std::size_t c = 0; c < features; ++c) mean[c] = static_cast<double>(first[c]) + mean[c] / count;
  // 2. The variance is the mean squared difference from the mean.
  inputs.for_each_block([&](ConstView<T> x) {
    for (Index r = 0; r < x.rows; ++r) {
      for (std::size_t c = 0; c < features; ++c) {
        const double difference = static_cast<double>(x.row(r)[c]) - mean[c];
        variance[c] += difference * difference;
      }
    }
  });
  // 3. A feature counts as constant too if its numbers differ only by their rounding to T, by up to epsilon_T of their size.
  for (std::size_t c = 0; c < features; ++c) {
    const double of_numbers = static_cast<double>(std::numeric_limits<T>::epsilon()) * mean[c];
    variance[c] = variance[c] / count > of_numbers * of_numbers ? 1.0 / std::sqrt(variance[c] / count) : 1.0;
  }
  return scaling;
}

template <class T>
void standardize(const FeatureScaling& scaling, const Inputs<T>& inputs) {
  if (scaling.mean.empty()) return;
  const double* mean = scaling.mean.data();
  const double* inv_std = scaling.inv_std.data();
  inputs.for_each_block([&](View<T> x) {
    for (Index r = 0; r < x.rows; ++r) {
      T* row = x.row(r);
      for (Index c = 0; c < x.cols; ++c) row[c] = static_cast<T>((static_cast<double>(row[c]) - mean[c]) * inv_std[c]);
    }
  });
}

template <class T>
void apply(const Affine& affine, const Inputs<T>& inputs) {
  inputs.for_each_block([&](View<T> x) {
    for (T& value : x) value = static_cast<T>(affine.scale * static_cast<double>(value) + affine.offset);
  });
}

template <class T>
std::shared_ptr<const RowGenerator<T>> scaled_generator(std::shared_ptr<const RowGenerator<T>> raw, FeatureScaling scaling,
                                                        std::vector<Affine> shifts, Index channels) {
  return std::make_shared<ScaledGenerator<T>>(std::move(raw), std::move(scaling), std::move(shifts), channels);
}

#define NORMRUN_INSTANTIATE(T)                                                                                             \
  template FeatureScaling fit_scaling(const Inputs<T>&);                                                                   \
  template void standardize(const FeatureScaling&, const Inputs<T>&);                                                      \
  template void apply(const Affine&, const Inputs<T>&);                                                                    \
  template std::shared_ptr<const RowGenerator<T>> scaled_generator(std::shared_ptr<const RowGenerator<T>>, FeatureScaling, \
                                                                   std::vector<Affine>, Index);
NORMRUN_INSTANTIATE(float)
NORMRUN_INSTANTIATE(double)
#undef NORMRUN_INSTANTIATE

}  // namespace normrun::data
