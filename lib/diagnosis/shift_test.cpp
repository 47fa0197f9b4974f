#include "diagnosis/shift_test.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.hpp"

namespace normrun::diagnosis {
namespace {

constexpr Index kMostCorrelated = 128;  // with more features a covariance takes more time than it is worth
constexpr Index kFewPermutations = 199;
constexpr Index kManyPermutations = 1999;
constexpr double kShowsNothing = 0.03;

/// Scales every feature to mean 0 and variance 1 over all rows; constant features become 0.
Matrix<double> standardized(const Features& features) {
  Matrix<double> result(features.rows(), features.cols());
  const double rows = static_cast<double>(features.rows());
  for (Index c = 0; c < features.cols(); ++c) {
    double mean = 0.0;
    for (Index r = 0; r < features.rows(); ++r) mean += features(r, c);
    mean /= rows;
    double squares = 0.0;
    for (Index r = 0; r < features.rows(); ++r) squares += (features(r, c) - mean) * (features(r, c) - mean);
    const double sd = std::sqrt(squares / rows);
    const bool varies = sd > 1e-9 * (1.0 + std::abs(mean));
    for (Index r = 0; r < features.rows(); ++r) result(r, c) = varies ? (features(r, c) - mean) / sd : 0.0;
  }
  return result;
}

/// Returns the correlations of standardized features, shrunk towards the identity by the share that has the least expected error.
Matrix<double> shrunken_correlation(const Matrix<double>& x) {
  const Index n = x.rows();
  const Index features = x.cols();
  const double rows = static_cast<double>(n);
  Matrix<double> correlation(features, features);
  Matrix<double> squares(features, features);
  for (Index r = 0; r < n; ++r) {
    const double* row = x.view().row(r);
    for (Index a = 0; a < features; ++a) {
      double* sums_to = correlation.view().row(a);
      double* squares_to = squares.view().row(a);
      for (Index b = 0; b <= a; ++b) {
        const double product = row[a] * row[b];
        sums_to[b] += product;
        squares_to[b] += product * product;
      }
    }
  }
  double noise = 0.0;
  double signal = 0.0;
  for (Index a = 0; a < features; ++a) {
    for (Index b = 0; b <= a; ++b) {
      const double mean = correlation(a, b) / rows;
      correlation(a, b) = correlation(b, a) = mean;
      if (a == b) continue;
      noise += (squares(a, b) / rows - mean * mean) / rows;
      signal += mean * mean;
    }
  }
  const double share = signal > 0.0 ? std::clamp(noise / signal, 0.01, 1.0) : 1.0;
  for (Index a = 0; a < features; ++a)
    for (Index b = 0; b < features; ++b) correlation(a, b) = a == b ? 1.0 : (1.0 - share) * correlation(a, b);
  return correlation;
}

/// Multiplies each row by L^-1, by forward substitution.  The resulting numbers are uncorrelated, and their squared length is the
/// Mahalanobis distance.
Matrix<double> whitened(const Matrix<double>& x) {
  Matrix<double> lower = shrunken_correlation(x);
  if (!factor_cholesky(lower.view())) return Matrix<double>(x.rows(), 0);
  Matrix<double> result(x.rows(), x.cols());
  for (Index r = 0; r < x.rows(); ++r) {
    for (Index a = 0; a < x.cols(); ++a) {
      double value = x(r, a);
      for (Index b = 0; b < a; ++b) value -= lower(a, b) * result(r, b);
      result(r, a) = value / lower(a, a);
    }
  }
  return result;
}

/// The rows of one set of features, with what is computed once for all permutations.
class Set {
 public:
  explicit Set(const Features& features)
      : plain_(standardized(features)),
        whitened_(features.cols() > 1 && features.cols() <= kMostCorrelated ? whitened(plain_) : Matrix<double>(features.rows(), 0)) {}

  /// Writes the three statistics that compare the rows of a group with the rest.
  void statistics(std::span<const Index> group, double* out) {
    sums(plain_, group);
    double largest = 0.0;
    double squares = 0.0;
    for (const double sum : sums_) {
      largest = std::max(largest, std::abs(sum));
      squares += sum * sum;
    }
    out[0] = largest;
    out[1] = squares;
    sums(whitened_, group);
    out[2] = std::inner_product(sums_.begin(), sums_.end(), sums_.begin(), 0.0);
  }
  std::vector<double> mean_differences(std::span<const Index> group) {
    sums(plain_, group);
    const double first = static_cast<double>(group.size());
    const double all = static_cast<double>(plain_.rows());
    // The sum over all rows is 0, so the group's sum alone gives the difference of the means.
    for (double& sum : sums_) sum *= std::sqrt(all / (first * (all - first)));
    return sums_;
  }

 private:
  void sums(const Matrix<double>& x, std::span<const Index> group) {
    sums_.assign(static_cast<std::size_t>(x.cols()), 0.0);
    for (const Index row : group) {
      const double* values = x.view().row(row);
      for (std::size_t c = 0; c < sums_.size(); ++c) sums_[c] += values[c];
    }
  }

  Matrix<double> plain_;
  Matrix<double> whitened_;
  std::vector<double> sums_;
};

/// The statistics of every permutation.  The first permutation is the order given.
class Permutations {
 public:
  Permutations(std::span<const Features> features, Index first_rows, std::uint64_t seed)
      : rows_(static_cast<std::size_t>(features.front().rows())),
        is_first_smaller_(2 * first_rows <= features.front().rows()),
        group_size_(is_first_smaller_ ? first_rows : features.front().rows() - first_rows),
        stream_(seed, Purpose::kPermutation) {
    for (const Features& one : features) sets_.emplace_back(one);
    std::iota(rows_.begin(), rows_.end(), Index{0});
    if (!is_first_smaller_) std::rotate(rows_.begin(), rows_.begin() + first_rows, rows_.end());
    differences_ = sets_.front().mean_differences(group());
    if (!is_first_smaller_)
      for (double& one : differences_) one = -one;
    add();
  }

  void extend(Index permutations) {
    while (static_cast<Index>(statistics_.size() / width()) < permutations + 1) {
      draw_group();
      add();
    }
  }

  /// Returns the calibrated p value of the order given, and the set that has the smallest one.
  ShiftTest result() const {
    const std::size_t count = statistics_.size() / width();
    // For each permutation: how many permutations have a statistic at least as large, the fewest over all statistics.
    std::vector<std::size_t> fewest(count, count);
    std::size_t place = 0;
    std::vector<double> sorted(count);
    for (std::size_t s = 0; s < width(); ++s) {
      for (std::size_t i = 0; i < count; ++i) sorted[i] = statistics_[i * width() + s];
      std::sort(sorted.begin(), sorted.end());
      for (std::size_t i = 0; i < count; ++i) {
        const auto at = std::lower_bound(sorted.begin(), sorted.end(), statistics_[i * width() + s]);
        const auto as_large = static_cast<std::size_t>(sorted.end() - at);
        if (i == 0 && as_large < fewest[0]) place = s;
        fewest[i] = std::min(fewest[i], as_large);
      }
    }
    const auto as_extreme = std::count_if(fewest.begin(), fewest.end(), [&](std::size_t one) { return one <= fewest[0]; });
    return {static_cast<double>(as_extreme) / static_cast<double>(count), place / kStatistics, differences_};
  }

 private:
  static constexpr std::size_t kStatistics = 3;
  std::size_t width() const { return kStatistics * sets_.size(); }
  std::span<const Index> group() const { return std::span(rows_).first(static_cast<std::size_t>(group_size_)); }

  /// Draws only the first rows of a shuffle: a group needs no more.
  void draw_group() {
    for (std::size_t i = 0; i < static_cast<std::size_t>(group_size_); ++i) {
      const std::size_t other = i + static_cast<std::size_t>(stream_.below(rows_.size() - i));
      std::swap(rows_[i], rows_[other]);
    }
  }
  void add() {
    statistics_.resize(statistics_.size() + width());
    double* out = statistics_.data() + statistics_.size() - width();
    for (std::size_t i = 0; i < sets_.size(); ++i) sets_[i].statistics(group(), out + kStatistics * i);
  }

  std::vector<Index> rows_;
  bool is_first_smaller_;
  Index group_size_;
  RandomStream stream_;
  std::vector<Set> sets_;
  std::vector<double> statistics_;  // one permutation after another
  std::vector<double> differences_;
};

}  // namespace

bool factor_cholesky(View<double> a) {
  for (Index i = 0; i < a.rows; ++i) {
    for (Index j = 0; j <= i; ++j) {
      double value = a(i, j);
      for (Index k = 0; k < j; ++k) value -= a(i, k) * a(j, k);
      if (i == j) {
        if (!(value > 0.0)) return false;
        a(i, i) = std::sqrt(value);
      } else {
        a(i, j) = value / a(j, j);
      }
    }
  }
  return true;
}

ShiftTest shift_test(std::span<const Features> sets, Index first_rows, std::uint64_t seed) {
  constexpr Index kFewestRows = 8;
  if (sets.empty() || first_rows < kFewestRows || sets.front().rows() - first_rows < kFewestRows) return {};
  Permutations permutations(sets, first_rows, seed);
  permutations.extend(kFewPermutations);
  if (permutations.result().p > kShowsNothing) return permutations.result();
  permutations.extend(kManyPermutations);
  return permutations.result();
}

}  // namespace normrun::diagnosis
