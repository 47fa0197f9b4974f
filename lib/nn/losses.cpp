#include "nn/losses.hpp"

#include <algorithm>
#include <cmath>

#include "core/elementary.hpp"
#include "nn/kernels/kernels.hpp"

namespace normrun::nn {
namespace {

/// The target of one output: a value; or, if there are labels, 1 at the label and 0 elsewhere.  A single output has the label itself as its
/// target.
template <class T>
double target_of(const Targets<T>& targets, Index row, Index output, Index outputs) {
  if (targets.labels == nullptr) return static_cast<double>(targets.values(row, output));
  if (outputs == 1) return static_cast<double>(targets.labels[row]);
  return targets.labels[row] == output ? 1.0 : 0.0;
}

/// Takes blocks of numbers, because labels need memory in which they become numbers.
template <class T>
double mse(ConstView<T> logits, const Targets<T>& targets, View<T> dlogits) {
  constexpr Index kBlock = 256;
  const auto numbers = static_cast<double>(logits.size());
  double total = 0.0;
  for (Index first = 0; first < logits.size(); first += kBlock) {
    const Index count = std::min(kBlock, logits.size() - first);
    T from_labels[kBlock];
    const T* t = from_labels;
    if (targets.labels == nullptr) {
      t = targets.values.data + first;
    } else {
      for (Index i = 0; i < count; ++i)
        from_labels[i] = static_cast<T>(target_of(targets, (first + i) / logits.cols, (first + i) % logits.cols, logits.cols));
    }
    T* dz = dlogits.empty() ? nullptr : dlogits.data + first;
    total += kernels::squared_errors<T>(logits.data + first, t, 2.0 / numbers, dz, count);
  }
  return total / numbers;
}

/// Takes one number after another.  `error_of` returns the loss of an error and its slope.
template <class T, class ErrorOf>
double mean_error(ConstView<T> logits, const Targets<T>& targets, View<T> dlogits, const ErrorOf& error_of) {
  const double count = static_cast<double>(logits.size());
  double total = 0.0;
  for (Index r = 0; r < logits.rows; ++r) {
    for (Index c = 0; c < logits.cols; ++c) {
      const auto [loss, slope] = error_of(static_cast<double>(logits(r, c)) - target_of(targets, r, c, logits.cols));
      total += loss;
      if (!dlogits.empty()) dlogits(r, c) = static_cast<T>(slope / count);
    }
  }
  return total / count;
}

struct ErrorLoss {
  double loss;
  double slope;
};

ErrorLoss absolute_error(double error) { return {std::abs(error), error > 0.0 ? 1.0 : error < 0.0 ? -1.0 : error}; }

ErrorLoss huber_error(double error) {
  if (std::abs(error) <= 1.0) return {0.5 * error * error, error};
  const ErrorLoss far = absolute_error(error);
  return {far.loss - 0.5, far.slope};
}

/// softplus(z) - t z, computed as max(z, 0) - t z + log(1 + exp(-|z|)), which cannot overflow and is exact where it is small.
template <class T>
double binary(ConstView<T> logits, const Targets<T>& targets, View<T> dlogits) {
  const double count = static_cast<double>(logits.size());
  double total = 0.0;
  for (Index r = 0; r < logits.rows; ++r) {
    for (Index c = 0; c < logits.cols; ++c) {
      const double z = static_cast<double>(logits(r, c));
      const double own = target_of(targets, r, c, logits.cols);
      const double t = targets.smoothing > 0.0 ? (1.0 - targets.smoothing) * own + 0.5 * targets.smoothing : own;
      total += (std::max(z, 0.0) - t * z) + math::log1p(math::exp(-std::abs(z)));
      if (!dlogits.empty()) dlogits(r, c) = static_cast<T>(((1.0 - t) * math::sigmoid(z) - t * math::sigmoid(-z)) / count);
    }
  }
  return total / count;
}

/// How many exponentials of a row are computed at a time.
constexpr Index kExpBlock = 64;

/// The softmax cross-entropy of one row.  The loss uses log(sum exp z) = z[top] + log(1 + rest), where rest is the sum of exp(z - z[top])
/// over all classes but the top one.  The gradient at the label is minus the sum of the other probabilities, which avoids cancellation.
template <class T>
double softmax_row(const T* z, Index classes, Index label, double rows, T* dz) {
  const Index top = static_cast<Index>(std::max_element(z, z + classes) - z);
  const double highest = static_cast<double>(z[top]);
  double rest = 0.0;       // the sum over all classes but the top one
  double not_label = 0.0;  // the sum over all classes but the label
  for (Index first = 0; first < classes; first += kExpBlock) {
    const Index count = std::min(kExpBlock, classes - first);
    double e[kExpBlock];
    for (Index i = 0; i < count; ++i) e[i] = static_cast<double>(z[first + i]) - highest;
    kernels::exp<double>(e, e, count);
    for (Index i = 0; i < count; ++i) {
      const Index c = first + i;
      if (c == top) e[i] = 1.0;
      if (c != top) rest += e[i];
      if (c != label) not_label += e[i];
      if (dz != nullptr) dz[c] = static_cast<T>(e[i]);
    }
  }
  if (dz != nullptr) {
    const double scale = 1.0 / ((1.0 + rest) * rows);
    for (Index c = 0; c < classes; ++c) dz[c] = static_cast<T>(static_cast<double>(dz[c]) * scale);
    dz[label] = static_cast<T>(-not_label * scale);
  }
  return (highest - static_cast<double>(z[label])) + math::log1p(rest);
}

/// Returns what label smoothing adds to the loss of a row, smoothing * (log p[label] - mean of log p), and adds its gradient to dz.
template <class T>
double smoothed(const T* z, Index classes, Index label, double smoothing, double rows, T* dz) {
  double sum = 0.0;
  for (Index c = 0; c < classes; ++c) sum += static_cast<double>(z[c]);
  const double share = smoothing / static_cast<double>(classes);
  if (dz != nullptr) {
    for (Index c = 0; c < classes; ++c) {
      const double from_target = c == label ? smoothing - share : -share;
      dz[c] = static_cast<T>(static_cast<double>(dz[c]) + from_target / rows);
    }
  }
  return smoothing * static_cast<double>(z[label]) - share * sum;
}

template <class T>
double softmax(ConstView<T> logits, const Targets<T>& targets, View<T> dlogits) {
  const double rows = static_cast<double>(logits.rows);
  double total = 0.0;
  for (Index r = 0; r < logits.rows; ++r) {
    T* dz = dlogits.empty() ? nullptr : dlogits.row(r);
    const auto label = static_cast<Index>(targets.labels[r]);
    total += softmax_row(logits.row(r), logits.cols, label, rows, dz);
    if (targets.smoothing > 0.0) total += smoothed(logits.row(r), logits.cols, label, targets.smoothing, rows, dz);
  }
  return total / rows;
}

/// Takes one target after another, because the weight of a target multiplies its loss and its gradient, and some count for nothing.
template <class T>
double target_by_target(LossKind kind, ConstView<T> logits, const Targets<T>& targets, View<T> dlogits) {
  const double count = static_cast<double>(targets.counted(logits.rows));
  const ConstView<T> each = by_position(logits, targets.positions);
  Targets<T> flat = targets;
  flat.positions = 1;
  flat.weights = nullptr;
  double total = 0.0;
  for (Index r = 0; r < each.rows; ++r) {
    const View<T> dz = dlogits.empty() ? View<T>() : View<T>(dlogits.data + r * each.cols, 1, each.cols);
    if (targets.positions > 1 && targets.labels[r] == kNoLabel) {
      std::fill(dz.begin(), dz.end(), T{0});
      continue;
    }
    const double weight = targets.weights != nullptr ? static_cast<double>(targets.weights[r]) : 1.0;
    total += weight * loss_and_gradient<T>(kind, each.slice(r, 1), flat.slice(r, 1), dz);
    for (Index c = 0; c < dz.cols; ++c) dz(0, c) = static_cast<T>(static_cast<double>(dz(0, c)) * (weight / count));
  }
  return count > 0.0 ? total / count : 0.0;
}

}  // namespace

template <class T>
double loss_and_gradient(LossKind kind, ConstView<T> logits, const Targets<T>& targets, View<T> dlogits) {
  if (targets.weights != nullptr || targets.positions > 1) return target_by_target(kind, logits, targets, dlogits);
  switch (kind) {
    case LossKind::kMse:
      return mse(logits, targets, dlogits);
    case LossKind::kMae:
      return mean_error(logits, targets, dlogits, absolute_error);
    case LossKind::kHuber:
      return mean_error(logits, targets, dlogits, huber_error);
    case LossKind::kSoftmaxCrossEntropy:
      return softmax(logits, targets, dlogits);
    case LossKind::kBinaryCrossEntropy:
      return binary(logits, targets, dlogits);
  }
  return 0.0;
}

template <class T>
std::int32_t predicted_class(LossKind loss, const T* logits, Index outputs) {
  if (outputs == 1 && loss == LossKind::kBinaryCrossEntropy) return logits[0] > T{0} ? 1 : 0;
  if (outputs == 1 && compares_numbers(loss)) return logits[0] > static_cast<T>(0.5) ? 1 : 0;
  return static_cast<std::int32_t>(std::max_element(logits, logits + outputs) - logits);
}

template <class T>
Index count_correct(LossKind loss, ConstView<T> logits, const std::int32_t* labels, Index positions) {
  const ConstView<T> each = by_position(logits, positions);
  Index correct = 0;
  for (Index r = 0; r < each.rows; ++r) {
    const std::int32_t predicted = predicted_class(loss, each.row(r), each.cols);
    const bool is_number = !std::isnan(each(r, each.cols == 1 ? 0 : predicted));  // a NaN predicts no class
    if (is_number && predicted == labels[r]) ++correct;
  }
  return correct;
}

template double loss_and_gradient<float>(LossKind, ConstView<float>, const Targets<float>&, View<float>);
template double loss_and_gradient<double>(LossKind, ConstView<double>, const Targets<double>&, View<double>);
template Index count_correct<float>(LossKind, ConstView<float>, const std::int32_t*, Index);
template Index count_correct<double>(LossKind, ConstView<double>, const std::int32_t*, Index);
template std::int32_t predicted_class<float>(LossKind, const float*, Index);
template std::int32_t predicted_class<double>(LossKind, const double*, Index);

}  // namespace normrun::nn
