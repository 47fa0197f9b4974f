#include "study/invariance.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compare/metrics.hpp"
#include "core/random.hpp"
#include "statistics/run_on.hpp"
#include "statistics/shared_rows.hpp"

namespace normrun::study {
namespace {

constexpr Index kMostRows = 256;
constexpr Index kBatch = 32;

/// Returns how many rows run, all at once in one of the arrangements: fewer if an example has many numbers.
template <class T>
Index most_rows(const nn::Network<T>& network) {
  constexpr Index kMostNumbers = Index{1} << 25;
  return std::clamp(kMostNumbers / statistics::widest_boundary(network), kBatch, kMostRows);
}

/// Runs the same rows in several arrangements of batches.
template <class T>
class Arrangements {
 public:
  Arrangements(const LoadedModel<T>& loaded, data::SplitName split, const Mode& own_mode)
      : loaded_(loaded),
        split_(loaded.data.split(split)),
        own_mode_(own_mode),
        order_(static_cast<std::size_t>(std::min(split_.samples(), most_rows(loaded.network)))) {
    std::iota(order_.begin(), order_.end(), Index{0});
    own_ = in_batches(own_mode_, order_, rows());
    train_ = in_batches(kTrainFrozen, order_, rows());
  }

  std::vector<BatchDependence> take() {
    for (const Index size : {1, 2, 8, 32}) {
      if (size < rows()) add("batches of " + std::to_string(size), order_, size);
    }
    std::vector<Index> shuffled = order_;
    RandomStream(0, Purpose::kPartition).shuffle(shuffled);
    const Index size = std::min(kBatch, rows());
    add("shuffled", shuffled, size);
    if (!split_.labels.empty() && split_.positions() == 1) {
      std::vector<Index> sorted = order_;
      const auto label = [&](Index row) { return split_.labels[static_cast<std::size_t>(row)]; };
      std::stable_sort(sorted.begin(), sorted.end(), [&](Index a, Index b) { return label(a) < label(b); });
      add("sorted by label", sorted, size);
    }
    if (rows() > 2) add_neighbours(size);
    return std::move(list_);
  }

 private:
  Index rows() const { return std::ssize(order_); }

  /// Runs the rows of `order` in batches of `size`; returns the outputs by row.
  Matrix<T> in_batches(const Mode& mode, const std::vector<Index>& order, Index size) const {
    const nn::Network<T>& network = loaded_.network;
    const Index boundary = network.output_boundary();
    const Index batches = (std::ssize(order) + size - 1) / size;
    statistics::Forwards<T> forwards(network, loaded_.model.params, statistics::SplitRows<T>(split_), order, size, batches);
    Matrix<T> outputs(rows(), network.output().size());
    statistics::share_items(batches, [&](Index member, Index place) {
      const auto begin = static_cast<std::size_t>(place * size);
      const auto batch = std::span(order).subspan(begin, std::min(static_cast<std::size_t>(size), order.size() - begin));
      statistics::SliceForward<T>& forward = forwards.of(member);
      forward.run(batch, loaded_.model.params, loaded_.model.state, mode, boundary);
      const ConstView<T> y = forward.activations(boundary);
      for (std::size_t i = 0; i < batch.size(); ++i) std::copy_n(y.row(static_cast<Index>(i)), y.cols, outputs.view().row(batch[i]));
    });
    return outputs;
  }

  void add(const std::string& arrangement, const std::vector<Index>& order, Index size) {
    const auto gap = [&](const Mode& mode, const Matrix<T>& base) {
      return compare::gap_metrics<T>(in_batches(mode, order, size).view(), base.view()).relative_gap;
    };
    list_.push_back({arrangement, gap(own_mode_, own_), gap(kTrainFrozen, train_)});
  }

  /// Puts every row among other neighbours.  The rows of two shuffles are compared with each other, so the batch size plays no part.
  void add_neighbours(Index size) {
    std::vector<Index> first = order_;
    std::vector<Index> second = order_;
    RandomStream(1, Purpose::kPartition).shuffle(first);
    RandomStream(2, Purpose::kPartition).shuffle(second);
    const auto gap = [&](const Mode& mode) {
      return compare::gap_metrics<T>(in_batches(mode, first, size).view(), in_batches(mode, second, size).view()).relative_gap;
    };
    list_.push_back({"other neighbours", gap(own_mode_), gap(kTrainFrozen)});
  }

  const LoadedModel<T>& loaded_;
  const data::Split<T>& split_;
  Mode own_mode_;
  std::vector<Index> order_;
  Matrix<T> own_;
  Matrix<T> train_;
  std::vector<BatchDependence> list_;
};

}  // namespace

template <class T>
std::vector<BatchDependence> batch_dependence(const LoadedModel<T>& loaded, data::SplitName split, const Mode& own_mode) {
  return Arrangements<T>(loaded, split, own_mode).take();
}

double largest_dependence(const std::vector<BatchDependence>& list) {
  double largest = 0.0;
  for (const BatchDependence& one : list)
    if (!(one.as_it_runs <= largest)) largest = one.as_it_runs;
  return largest;
}

template std::vector<BatchDependence> batch_dependence(const LoadedModel<float>&, data::SplitName, const Mode&);
template std::vector<BatchDependence> batch_dependence(const LoadedModel<double>&, data::SplitName, const Mode&);

}  // namespace normrun::study
