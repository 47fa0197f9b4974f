#include <algorithm>

#include "golden/cases.hpp"
#include "nn/losses.hpp"

namespace normrun::golden {
namespace {

/// An array as (rows, last axis); one axis is one output per row.
ConstView<double> rows_of(const Values& values) {
  const Index cols = values.shape.size() < 2 ? 1 : values.shape.back();
  return {values.data.data(), cols == 0 ? 0 : static_cast<Index>(values.data.size()) / cols, cols};
}

/// Mean loss and its gradient with respect to the logits, which the file calls `name`.
Computed loss_of(nn::LossKind kind, const std::string& name, const Values& logits, const nn::Targets<double>& targets) {
  const ConstView<double> z = rows_of(logits);
  std::vector<double> gradient(logits.data.size());
  const double loss = nn::loss_and_gradient<double>(kind, z, targets, View<double>(gradient.data(), z.rows, z.cols));
  return {{"loss", {loss}}, {"grad " + name, gradient}};
}

/// A loss of two arrays of equal size.
Computed value_loss(const Case& c, nn::LossKind kind, const std::string& name, const std::string& target) {
  const Values& logits = input(c, name);
  const Values& targets = input(c, target);
  if (logits.data.size() != targets.data.size()) throw Damaged("case " + c.name + ": the targets do not fit");
  const ConstView<double> z = rows_of(logits);
  return loss_of(kind, name, logits, {.labels = nullptr, .values = {targets.data.data(), z.rows, z.cols}});
}

}  // namespace

Computed softmax_cross_entropy(const Case& c) {
  const Values& labels = input(c, "labels");
  const std::vector<std::int32_t> classes(labels.data.begin(), labels.data.end());
  const ConstView<double> z = rows_of(input(c, "logits"));
  const bool fits = static_cast<Index>(classes.size()) == z.rows &&
                    std::all_of(classes.begin(), classes.end(), [&](std::int32_t label) { return label >= 0 && label < z.cols; });
  if (!fits) throw Damaged("case " + c.name + ": the labels do not fit the logits");
  return loss_of(nn::LossKind::kSoftmaxCrossEntropy, "logits", input(c, "logits"), {.labels = classes.data(), .values = {}});
}

Computed binary_cross_entropy(const Case& c) { return value_loss(c, nn::LossKind::kBinaryCrossEntropy, "logits", "targets"); }

Computed mean_squared_error(const Case& c) {
  Computed computed = value_loss(c, nn::LossKind::kMse, "pred", "target");
  computed.merge(value_loss(c, nn::LossKind::kMse, "target", "pred"));  // the loss is symmetric: the gradient of the target
  return computed;
}

}  // namespace normrun::golden
