#include <string>

#include "core/error.hpp"
#include "train/train_options.hpp"

namespace normrun::train {
namespace {

std::string counted(Index count, const std::string& one) { return std::to_string(count) + " " + one + (count == 1 ? "" : "s"); }

/// An output of several positions (of an image, of a sequence) wants them joined first: units alone would not help.
std::string last_units(const Shape& output, Index units) {
  if (output.rank() > 1) return "put {\"type\": \"flatten\"} before a last dense layer of " + counted(units, "unit");
  return "make the last dense layer's units " + std::to_string(units);
}

std::string outputs_of(const Shape& output) {
  return counted(output.size(), "output") + (output.rank() > 1 ? " of shape " + output.text() : "");
}

void check_classes(const Shape& output, Index classes) {
  if (classes == 0) {
    refuse_usage("", "softmax cross-entropy needs classes, the data has numbers as targets", "use \"loss\": \"mse\", or data with classes");
  }
  if (output.size() != classes) {
    refuse_usage("", "the network gives " + outputs_of(output) + ", the data has " + std::to_string(classes) + " classes",
                 last_units(output, classes));
  }
}

void check_binary(const Shape& output, Index classes) {
  if (classes != 2) {
    refuse_usage("", "binary cross-entropy tells 2 classes apart, the data has " + std::to_string(classes),
                 "use \"loss\": \"softmax-cross-entropy\" and " + last_units(output, classes));
  }
  if (output.size() != 1)
    refuse_usage("", "binary cross-entropy needs 1 output, the network gives " + outputs_of(output), last_units(output, 1));
}

void check_numbers(const Shape& output, Index outputs) {
  if (outputs != 0 && outputs != output.size()) {
    refuse_usage("", "the network gives " + outputs_of(output) + ", the data has " + counted(outputs, "target") + " a row",
                 last_units(output, outputs));
  }
}

}  // namespace

nn::LossKind resolve_loss(LossChoice choice, Index classes, Index outputs) {
  switch (choice) {
    case LossChoice::kMse:
      return nn::LossKind::kMse;
    case LossChoice::kSoftmaxCrossEntropy:
      return nn::LossKind::kSoftmaxCrossEntropy;
    case LossChoice::kBinaryCrossEntropy:
      return nn::LossKind::kBinaryCrossEntropy;
    case LossChoice::kAuto:
      break;
  }
  if (classes == 0) return nn::LossKind::kMse;
  return outputs == 1 && classes == 2 ? nn::LossKind::kBinaryCrossEntropy : nn::LossKind::kSoftmaxCrossEntropy;
}

void check_loss_fits(nn::LossKind loss, const Shape& output, Index classes, Index outputs) {
  switch (loss) {
    case nn::LossKind::kSoftmaxCrossEntropy:
      return check_classes(output, classes);
    case nn::LossKind::kBinaryCrossEntropy:
      return classes == 0 ? check_numbers(output, outputs) : check_binary(output, classes);
    case nn::LossKind::kMse:
      break;
  }
  if (classes == 0) return check_numbers(output, outputs);
  if (output.size() != 1 || classes != 2) check_classes(output, classes);  // 1 at the label and 0 elsewhere, or the label itself
}

}  // namespace normrun::train
