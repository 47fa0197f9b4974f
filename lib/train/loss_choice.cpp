#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "train/train_options.hpp"

namespace normrun::train {
namespace {

std::string counted(Index count, const std::string& one) { return std::to_string(count) + " " + one + (count == 1 ? "" : "s"); }

/// Advises how to change the last layer.  An output of several positions (an image, a sequence) must be flattened first, because it does
/// not help to change the units alone.
std::string last_units(const Shape& output, Index units) {
  if (output.rank() > 1) return "put {\"type\": \"flatten\"} before a last dense layer of " + counted(units, "unit");
  return "make the last dense layer's units " + std::to_string(units);
}

std::string outputs_of(const Shape& output) {
  return counted(output.size(), "output") + (output.rank() > 1 ? " of shape " + output.text() : "");
}

/// Data with one class is most often a mistake: another column was meant to hold the labels, or the rows of the other classes are missing.
constexpr const char* kOneClass =
    "the data has 1 class, so there is nothing to tell apart: check which column or file holds the labels, and whether the rows of the "
    "other classes are missing";

void check_classes(const Shape& output, Index classes) {
  if (classes == 1 && output.size() != 1) refuse_usage("", kOneClass, "to go on all the same, " + last_units(output, 1));
  if (classes == 0) {
    refuse_usage("", "softmax cross-entropy needs classes, but the data has numbers as targets",
                 "use \"loss\": \"mse\", or data with classes");
  }
  if (output.size() != classes) {
    refuse_usage("", "the network gives " + outputs_of(output) + ", but the data has " + std::to_string(classes) + " classes",
                 last_units(output, classes));
  }
}

void check_binary(const Shape& output, Index classes) {
  if (classes == 1) refuse_usage("", kOneClass, "to go on all the same, use \"loss\": \"softmax-cross-entropy\"");
  if (classes != 2) {
    refuse_usage("", "binary cross-entropy tells 2 classes apart, but the data has " + std::to_string(classes),
                 "use \"loss\": \"softmax-cross-entropy\" and " + last_units(output, classes));
  }
  if (output.size() != 1)
    refuse_usage("", "binary cross-entropy needs 1 output, but the network gives " + outputs_of(output), last_units(output, 1));
}

void check_numbers(const Shape& output, Index outputs) {
  if (outputs != 0 && outputs != output.size()) {
    refuse_usage("", "the network gives " + outputs_of(output) + ", but the data has " + counted(outputs, "target") + " a row",
                 last_units(output, outputs));
  }
}

/// Whether probabilities stay probabilities, at least nearly, when they pass through a layer of this type.  It has no parameters that could
/// turn them into logits.
bool passes_on(const std::string& type) {
  constexpr std::string_view kTypes[] = {
      "dropout", "relu", "leaky_relu", "elu", "relu6", "tanh", "max_pooling2d", "average_pooling2d", "global_average_pooling2d"};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

[[noreturn]] void refuse_probabilities(const std::string& layer, const std::string& type, nn::LossKind loss) {
  const bool is_binary = loss == nn::LossKind::kBinaryCrossEntropy;
  const std::string own = is_binary ? "sigmoid" : "softmax";
  const std::string hint =
      type == own ? "make it the last layer, or leave it out" : "put " + own + " in its place at the end, or leave it out";
  refuse_usage("layer " + layer,
               std::string(is_binary ? "binary" : "softmax") + " cross-entropy applies " + own + " itself, but the numbers behind this " +
                   type + " are probabilities already",
               hint + " (the compared outputs are probabilities only if the last layer is a " + own + "); or use \"loss\": \"mse\"");
}

}  // namespace

Shape outputs_of_label(const Shape& output, const Shape& labels) {
  if (labels.rank() == 0) return output;
  if (output == labels) return {1};
  std::vector<Index> dims = labels.dims();
  dims.push_back(output.channels());
  if (output.dims() == dims) return {output.channels()};
  dims.pop_back();
  std::string wanted = "(";
  for (const Index size : dims) wanted += std::to_string(size) + ", ";
  wanted += "classes)";
  refuse_usage(
      "", "the network gives " + outputs_of(output) + ", but the data has labels of shape " + labels.text() + " for each row",
      "a class for each position needs outputs of shape " + wanted +
          ": keep the positions, and end in a dense layer with a unit for each class; if the labels are one-hot, save their argmax; "
          "if they are numbers to predict, set \"target\": \"number\" in \"data\"");
}

nn::LossKind resolve_loss(LossChoice choice, Index classes, Index outputs) {
  switch (choice) {
    case LossChoice::kMse:
      return nn::LossKind::kMse;
    case LossChoice::kMae:
      return nn::LossKind::kMae;
    case LossChoice::kHuber:
      return nn::LossKind::kHuber;
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

template <class T>
void check_last_layers(nn::LossKind loss, const nn::Network<T>& network, const Shape& labels) {
  const auto& layers = network.layers();
  if (!layers.empty() && layers.back().type == "softmax" && loss != nn::LossKind::kBinaryCrossEntropy) {
    const Index channels = layers.back().output.channels();
    const std::string where = "layer " + layers.back().name;
    if (channels == 1 && nn::compares_numbers(loss))
      refuse_usage(where, "softmax over 1 output always gives 1", "use sigmoid, or leave it out");
    if (channels != outputs_of_label(network.output(), labels).size() && loss == nn::LossKind::kSoftmaxCrossEntropy)
      refuse_usage(where,
                   "softmax works at each position of " + layers.back().output.text() + " by itself, but the loss works over all positions",
                   "put {\"type\": \"flatten\"} before it");
  }
  for (Index boundary = network.logits_boundary(loss); !nn::compares_numbers(loss) && boundary > 0;) {
    const nn::LayerInfo& layer = layers[static_cast<std::size_t>(boundary - 1)];
    if (layer.type == "softmax" || layer.type == "sigmoid") refuse_probabilities(layer.name, layer.type, loss);
    if (!passes_on(layer.type)) return;
    boundary = layer.inputs.front();
  }
}

template void check_last_layers(nn::LossKind, const nn::Network<float>&, const Shape&);
template void check_last_layers(nn::LossKind, const nn::Network<double>&, const Shape&);

void check_loss_fits(nn::LossKind loss, const Shape& output, Index classes, Index outputs) {
  switch (loss) {
    case nn::LossKind::kSoftmaxCrossEntropy:
      return check_classes(output, classes);
    case nn::LossKind::kBinaryCrossEntropy:
      return classes == 0 ? check_numbers(output, outputs) : check_binary(output, classes);
    case nn::LossKind::kMse:
    case nn::LossKind::kMae:
    case nn::LossKind::kHuber:
      break;
  }
  if (classes == 0) return check_numbers(output, outputs);
  if (classes == 1) refuse_usage("", kOneClass, "to go on all the same, use \"loss\": \"softmax-cross-entropy\"");
  if (output.size() != 1 || classes != 2)
    check_classes(output,
                  // the targets are 1 at the label and 0 elsewhere; with two classes and one output, the target is the label itself
                  classes);
}

}  // namespace normrun::train
