#include "models/onnx_layout.hpp"

#include <algorithm>
#include <numeric>

#include "core/shape.hpp"

namespace normrun::models {
namespace {

/// Gives both signals the same rank, by axes of size 1 in front of the axes of the lower one.
void equalize_ranks(Signal& a, Signal& b) {
  while (a.rank() < b.rank()) a.axes.insert(a.axes.begin(), Signal::Axis{});
  while (b.rank() < a.rank()) b.axes.insert(b.axes.begin(), Signal::Axis{});
}

/// Returns the groups that bring the factors of `of` into the order that memory has in `like`.  Axes with the same index have equal
/// factors.
std::vector<Signal::Axis> groups_like(const Signal& like, const Signal& of) {
  std::vector<Signal::Axis> groups(like.factors.size());
  for (std::size_t axis = 0; axis < like.rank(); ++axis) {
    for (std::size_t i = 0; i < like.axes[axis].size() && i < of.axes[axis].size(); ++i) {
      if (like.axes[axis][i] != Signal::kBatch) groups[like.axes[axis][i]] = {of.axes[axis][i]};
    }
  }
  return groups;
}

/// Repeats `of` along the factors of `like` that it lacks.  Both have the same rank.  Each axis of `of` equals that of `like`, or is empty.
Signal spread(OnnxNodeReader& node, const Signal& of, const Signal& like) {
  const std::vector<Signal::Axis> groups = groups_like(like, of);
  Signal out = node.plan().arranged(of, groups, node.name());
  if (out.shape == like.factors) {
    out.factors = like.factors;
    out.axes = like.axes;
    return out;
  }
  OptionsText options;
  options.integers("target_shape", like.factors);
  const auto [layer, shape] = node.add("broadcast", {out}, options);
  return {.layer = layer, .shape = shape, .factors = like.factors, .axes = like.axes};
}

}  // namespace

std::vector<Signal::Axis> single_groups(const Signal& signal) {
  std::vector<Signal::Axis> groups(signal.factors.size());
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = {i};
  if (groups.empty()) groups.emplace_back();
  return groups;
}

Signal gathered_axis(OnnxNodeReader& node, const Signal& signal, std::size_t axis) {
  const Signal::Axis own = signal.axes[axis];
  if (own.empty()) return signal;
  std::vector<Signal::Axis> groups;
  for (std::size_t f = 0; f < signal.factors.size(); ++f) {
    if (f == own[0])
      groups.push_back(own);
    else if (std::find(own.begin(), own.end(), f) == own.end())
      groups.push_back({f});
  }
  Signal out = node.plan().arranged(signal, groups, node.name());
  // The factors of the axis now lie side by side, and become one factor.
  const std::size_t first = out.axes[axis][0];
  const std::size_t count = own.size();
  const Index size = out.size_of(out.axes[axis], 1);
  out.factors[first] = size;
  out.factors.erase(out.factors.begin() + static_cast<std::ptrdiff_t>(first) + 1,
                    out.factors.begin() + static_cast<std::ptrdiff_t>(first + count));
  for (Signal::Axis& other : out.axes) {
    for (std::size_t& factor : other) factor -= factor != Signal::kBatch && factor > first ? count - 1 : 0;
  }
  out.axes[axis] = {first};
  return out;
}

ChannelsLast channels_last(OnnxNodeReader& node, const Signal& signal, const std::vector<std::size_t>& axes) {
  Signal::Axis channels;
  for (const std::size_t axis : axes) {
    if (signal.has_batch(signal.axes[axis])) node.refuse("its channels are the examples");
    channels.insert(channels.end(), signal.axes[axis].begin(), signal.axes[axis].end());
  }
  Signal::Axis sorted = channels;
  std::sort(sorted.begin(), sorted.end());
  std::vector<Signal::Axis> groups;
  for (std::size_t f = 0; f < signal.factors.size(); ++f) {
    if (!std::binary_search(sorted.begin(), sorted.end(), f)) groups.push_back({f});
  }
  groups.push_back(sorted);
  ChannelsLast out{.signal = node.plan().arranged(signal, groups, node.name()), .order = {}};
  if (sorted == channels) return out;
  // The loop counts through memory, and notes which entry of the file's axis lies at each place.
  std::vector<Index> steps(signal.factors.size(), 0);
  Index step = 1;
  for (std::size_t i = channels.size(); i-- > 0;) {
    steps[channels[i]] = step;
    step *= signal.factors[channels[i]];
  }
  std::vector<Index> dims;
  for (const std::size_t factor : sorted) dims.push_back(signal.factors[factor]);
  each_place(dims, [&](const std::vector<Index>& at) {
    Index entry = 0;
    for (std::size_t i = 0; i < at.size(); ++i) entry += at[i] * steps[sorted[i]];
    out.order.push_back(entry);
  });
  return out;
}

std::vector<double> reordered(const std::vector<double>& values, const std::vector<Index>& order) {
  if (order.empty()) return values;
  std::vector<double> out(values.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = values[static_cast<std::size_t>(order[i])];
  return out;
}

Signal broadcast_to(OnnxNodeReader& node, const Signal& signal, const std::vector<Index>& dims) {
  const std::vector<Index> own = signal.dims(node.batch());
  const auto wanted = broadcast_dims(own, dims);
  if (!wanted) node.refuse("its shapes " + shape_text(own) + " and " + shape_text(dims) + " do not fit");
  if (*wanted == own) return signal;
  Signal like = signal;
  like.axes.insert(like.axes.begin(), wanted->size() - own.size(), Signal::Axis{});
  Signal of = like;
  for (std::size_t axis = 0; axis < like.rank(); ++axis) {
    const Index size = (*wanted)[axis];
    if (like.size_of(like.axes[axis], node.batch()) == size) continue;
    if (size % node.batch() == 0) node.refuse("it repeats examples");
    like.factors.insert(like.factors.begin(), size);
    for (Signal::Axis& other : like.axes) {
      for (std::size_t& factor : other) factor += factor != Signal::kBatch ? 1 : 0;
    }
    like.axes[axis] = {0};
  }
  return spread(node, of, like);
}

Aligned aligned(OnnxNodeReader& node, const Signal& first, const Signal& second) {
  Signal a = first;
  Signal b = second;
  equalize_ranks(a, b);
  const auto dims = broadcast_dims(a.dims(node.batch()), b.dims(node.batch()));
  if (!dims) node.refuse("its shapes " + shape_text(a.dims(node.batch())) + " and " + shape_text(b.dims(node.batch())) + " do not fit");
  if (!refine(a, b)) node.refuse("its inputs lie in orders that do not fit");
  if (a.dims(node.batch()) != *dims && b.dims(node.batch()) != *dims) {
    a = broadcast_to(node, a, *dims);
    refine(a, b);
  }
  const bool a_leads = a.dims(node.batch()) == *dims;
  Signal& leader = a_leads ? a : b;
  Signal& other = a_leads ? b : a;
  other = spread(node, other, leader);
  leader = node.plan().arranged(leader, single_groups(leader), node.name());
  return {a, b};
}

SuffixNumbers suffix_numbers(OnnxNodeReader& node, const Constant& constant, const Signal& signal) {
  const std::vector<double>& numbers = constant.numbers();
  if (numbers.empty()) node.refuse("a constant has no numbers");
  if (std::all_of(numbers.begin(), numbers.end(), [&](double value) { return value == numbers[0]; })) return {{numbers[0]}, 0};
  const std::vector<Index> dims = signal.dims(node.batch());
  const BroadcastReader reader(constant, dims);
  // For each factor, how far a step along it leads in the constant.
  std::vector<Index> steps(signal.factors.size(), 0);
  for (std::size_t axis = 0; axis < signal.rank(); ++axis) {
    Index step = reader.step(axis);
    for (std::size_t i = signal.axes[axis].size(); i-- > 0;) {
      const std::size_t factor = signal.axes[axis][i];
      if (factor == Signal::kBatch) {
        for (std::size_t place = 0; step != 0 && place < numbers.size(); ++place) {
          const Index example = static_cast<Index>(place) / step % node.batch();
          if (numbers[place] != numbers[place - static_cast<std::size_t>(example * step)])
            node.refuse("a constant differs from example to example");
        }
        step *= node.batch();
      } else {
        steps[factor] = step;
        step *= signal.factors[factor];
      }
    }
  }
  SuffixNumbers out;
  std::size_t first = 0;
  while (first < steps.size() && steps[first] == 0) ++first;
  out.factors = steps.size() - first;
  const std::vector<Index> suffix(signal.factors.begin() + static_cast<std::ptrdiff_t>(first), signal.factors.end());
  out.values.reserve(static_cast<std::size_t>(checked_count(suffix)));
  each_place(suffix, [&](const std::vector<Index>& at) {
    Index place = 0;
    for (std::size_t i = 0; i < at.size(); ++i) place += at[i] * steps[first + i];
    out.values.push_back(numbers[static_cast<std::size_t>(place)]);
  });
  return out;
}

}  // namespace normrun::models
