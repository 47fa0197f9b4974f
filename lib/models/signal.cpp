#include "models/signal.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace normrun::models {

Index Signal::size() const { return std::accumulate(factors.begin(), factors.end(), Index{1}, std::multiplies<>()); }

bool Signal::has_batch(const Axis& axis) const { return std::find(axis.begin(), axis.end(), kBatch) != axis.end(); }

Index Signal::size_of(const Axis& axis, Index batch) const {
  Index size = 1;
  for (const std::size_t factor : axis) size *= factor == kBatch ? batch : factors[factor];
  return size;
}

std::vector<Index> Signal::dims(Index batch) const {
  std::vector<Index> dims(axes.size());
  std::transform(axes.begin(), axes.end(), dims.begin(), [&](const Axis& axis) { return size_of(axis, batch); });
  return dims;
}

std::size_t Signal::batch_axis() const {
  return static_cast<std::size_t>(std::find_if(axes.begin(), axes.end(), [&](const Axis& axis) { return has_batch(axis); }) - axes.begin());
}

Signal::Axis Signal::own_factors(std::size_t axis) const {
  Axis own = axes[axis];
  std::erase(own, kBatch);
  return own;
}

void split_factor(Signal& signal, std::size_t factor, Index outer) {
  const auto at = signal.factors.begin() + static_cast<std::ptrdiff_t>(factor);
  const Index inner = *at / outer;
  *at = outer;
  signal.factors.insert(at + 1, inner);
  for (Signal::Axis& axis : signal.axes) {
    for (std::size_t i = 0; i < axis.size(); ++i) {
      if (axis[i] == Signal::kBatch || axis[i] < factor) continue;
      if (axis[i] > factor)
        ++axis[i];
      else
        axis.insert(axis.begin() + static_cast<std::ptrdiff_t>(++i), factor + 1);
    }
  }
}

void drop_ones(Signal& signal) {
  for (std::size_t f = signal.factors.size(); f-- > 0;) {
    if (signal.factors[f] != 1) continue;
    signal.factors.erase(signal.factors.begin() + static_cast<std::ptrdiff_t>(f));
    for (Signal::Axis& axis : signal.axes) {
      std::erase(axis, f);
      for (std::size_t& factor : axis) factor -= factor != Signal::kBatch && factor > f ? 1 : 0;
    }
  }
}

std::optional<Signal> regrouped(Signal signal, const std::vector<Index>& dims, Index batch) {
  Signal::Axis sequence;
  for (const Signal::Axis& axis : signal.axes) sequence.insert(sequence.end(), axis.begin(), axis.end());
  signal.axes.assign(1, sequence);
  std::vector<Signal::Axis> axes;
  std::size_t next = 0;  // the place in the sequence
  for (Index left : dims) {
    const std::size_t first = next;
    while (left > 1) {
      if (next == signal.axes[0].size()) return std::nullopt;
      const std::size_t factor = signal.axes[0][next];
      const Index size = factor == Signal::kBatch ? batch : signal.factors[factor];
      if (left % size != 0) {
        if (factor == Signal::kBatch || size % left != 0) return std::nullopt;
        split_factor(signal, factor, left);
        for (Signal::Axis& axis : axes) {
          for (std::size_t& other : axis) other += other != Signal::kBatch && other > factor ? 1 : 0;
        }
        continue;
      }
      left /= size;
      ++next;
    }
    axes.emplace_back(signal.axes[0].begin() + static_cast<std::ptrdiff_t>(first),
                      signal.axes[0].begin() + static_cast<std::ptrdiff_t>(next));
  }
  if (next != signal.axes[0].size()) return std::nullopt;
  signal.axes = std::move(axes);
  return signal;
}

bool refine(Signal& a, Signal& b) {
  for (std::size_t axis = 0; axis < a.axes.size(); ++axis) {
    if (a.axes[axis].empty() || b.axes[axis].empty()) continue;
    for (std::size_t i = 0; i < a.axes[axis].size() || i < b.axes[axis].size(); ++i) {
      if (i >= a.axes[axis].size() || i >= b.axes[axis].size()) return false;
      const std::size_t own = a.axes[axis][i];
      const std::size_t other = b.axes[axis][i];
      if (own == Signal::kBatch || other == Signal::kBatch) {
        if (own != other) return false;
        continue;
      }
      const Index size = a.factors[own];
      const Index others = b.factors[other];
      if (size == others) continue;
      if (size % others == 0)
        split_factor(a, own, others);
      else if (others % size == 0)
        split_factor(b, other, size);
      else
        return false;
    }
  }
  return true;
}

Signal signal_of(std::string layer, const std::vector<Index>& shape, const std::vector<std::size_t>& axes) {
  Signal signal{.layer = std::move(layer), .shape = shape, .factors = shape, .axes = {}};
  signal.axes.reserve(axes.size());
  for (const std::size_t axis : axes) signal.axes.push_back({axis});
  drop_ones(signal);
  return signal;
}

}  // namespace normrun::models
