#include <string>

#include "core/error.hpp"
#include "train/train_options.hpp"

namespace normrun {
namespace {

std::string counted(Index count, const std::string& one) { return std::to_string(count) + " " + one + (count == 1 ? "" : "s"); }

std::string last_units(Index units) { return "make the last dense layer's units " + std::to_string(units); }

void check_classes(Index width, Index classes) {
  if (classes == 0) {
    refuse_usage("", "softmax cross-entropy needs classes, the data has numbers as targets", "use \"loss\": \"mse\", or data with classes");
  }
  if (width != classes) {
    refuse_usage("", "the network gives " + counted(width, "output") + ", the data has " + std::to_string(classes) + " classes",
                 last_units(classes));
  }
}

void check_binary(Index width, Index classes) {
  if (classes != 2) {
    refuse_usage("", "binary cross-entropy tells 2 classes apart, the data has " + std::to_string(classes),
                 "use \"loss\": \"softmax-cross-entropy\" and " + last_units(classes));
  }
  if (width != 1) refuse_usage("", "binary cross-entropy needs 1 output, the network gives " + std::to_string(width), last_units(1));
}

void check_numbers(Index width, Index outputs) {
  if (outputs != 0 && outputs != width) {
    refuse_usage("", "the network gives " + counted(width, "output") + ", the data has " + counted(outputs, "target") + " a row",
                 last_units(outputs));
  }
}

}  // namespace

LossKind resolve_loss(LossChoice choice, Index classes, Index outputs) {
  switch (choice) {
    case LossChoice::kMse:
      return LossKind::kMse;
    case LossChoice::kSoftmaxCrossEntropy:
      return LossKind::kSoftmaxCrossEntropy;
    case LossChoice::kBinaryCrossEntropy:
      return LossKind::kBinaryCrossEntropy;
    case LossChoice::kAuto:
      break;
  }
  if (classes == 0) return LossKind::kMse;
  return outputs == 1 && classes == 2 ? LossKind::kBinaryCrossEntropy : LossKind::kSoftmaxCrossEntropy;
}

void check_loss_fits(LossKind loss, Index width, Index classes, Index outputs) {
  switch (loss) {
    case LossKind::kSoftmaxCrossEntropy:
      return check_classes(width, classes);
    case LossKind::kBinaryCrossEntropy:
      return classes == 0 ? check_numbers(width, outputs) : check_binary(width, classes);
    case LossKind::kMse:
      break;
  }
  if (classes == 0) return check_numbers(width, outputs);
  if (width != 1 || classes != 2) check_classes(width, classes);  // 1 at the label and 0 elsewhere, or the label itself
}

}  // namespace normrun
