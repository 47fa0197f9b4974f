// Keras's recurrent layers, in one direction or in both.
#include "models/keras_layer.hpp"

namespace normrun::models {
namespace {

/// A recurrent layer as a config describes it: the layer itself, or one direction of a Bidirectional.
struct CellConfig {
  std::string type;
  std::string key;  // the key of its options: "config" or "config.layer.config"
  InnerLayer inner = {};
};

KerasTensor turned_round(KerasLayerReader& layer, const std::string& suffix, const KerasTensor& input) {
  OptionsText options;
  options.integer("axis", 1).integer("start", input.shape[0] - 1).integer("step", -1);
  return layer.add_beside(suffix, "slice", input, options);
}

std::string type_of(const KerasLayerReader& layer, const std::string& class_name) {
  if (class_name == "LSTM") return "lstm";
  if (class_name == "GRU") return "gru";
  if (class_name != "SimpleRNN") layer.refuse("it wraps a " + class_name);
  return "simple_rnn";
}

void refuse_cell_variants(const KerasLayerReader& layer, const CellConfig& cell) {
  const KerasConfig config = layer.config().at(cell.key);
  if (config.flag("return_state", false)) layer.refuse("it returns its state");
  if (config.text("activation", "tanh") != "tanh") layer.refuse("its activation is not tanh");
  if (config.text("recurrent_activation", "sigmoid") != "sigmoid") layer.refuse("its recurrent_activation is not sigmoid");
}

/// Adds the recurrent layer.  It has the Keras layer's own name if `is_own`.
KerasTensor add_cell(KerasLayerReader& layer, const CellConfig& cell, const KerasTensor& input) {
  refuse_cell_variants(layer, cell);
  const KerasConfig config = layer.config().at(cell.key);
  const std::vector<Index> units = config.integers("units");
  if (units.size() != 1 || units[0] < 1 || input.shape.size() != 2) layer.refuse("its units are missing, or its input is no sequence");
  const bool has_bias = config.flag("use_bias", true);
  const bool is_reset_after = config.flag("reset_after", true);
  OptionsText options;
  options.integer("units", units[0]).flag("return_sequences", config.flag("return_sequences", false));
  if (!has_bias) options.flag("use_bias", false);
  if (cell.type == "gru" && !is_reset_after) options.flag("reset_after", false);
  const Index width = units[0] * (cell.type == "lstm" ? 4 : cell.type == "gru" ? 3 : 1);
  KerasTensor out =
      cell.inner.word.empty() ? layer.add(cell.type, {input}, options) : layer.add_beside(cell.inner.word, cell.type, input, options);
  layer.take(out, "kernel", "kernel", {input.shape[1], width}, cell.inner);
  layer.take(out, "recurrent_kernel", "recurrent_kernel", {units[0], width}, cell.inner);
  if (!has_bias) return out;
  const bool has_two = cell.type == "gru" && is_reset_after;
  layer.take(out, "bias", "bias", has_two ? std::vector<Index>{2, width} : std::vector<Index>{width}, cell.inner);
  return out;
}

KerasTensor recurrent(KerasLayerReader& layer) {
  const CellConfig cell{type_of(layer, layer.config().text("class_name")), "config"};
  const bool is_backwards = layer.config().flag("config.go_backwards", false);
  return add_cell(layer, cell, is_backwards ? turned_round(layer, "backwards", layer.input()) : layer.input());
}

KerasTensor bidirectional(KerasLayerReader& layer) {
  const std::string type = type_of(layer, layer.config().text("config.layer.class_name"));
  if (layer.config().flag("config.layer.config.go_backwards", false)) layer.refuse("its first direction goes backwards");
  const auto inner = [&](const std::string& word, const std::string& key) { return InnerLayer{word, layer.config().text(key + ".name")}; };
  const std::string own = "config.layer.config";
  const KerasTensor forward = add_cell(layer, {type, own, inner("forward", own)}, layer.input());
  KerasTensor backward =
      add_cell(layer, {type, own, inner("backward", "config.backward_layer.config")}, turned_round(layer, "backwards", layer.input()));
  if (layer.config().flag("config.layer.config.return_sequences", false)) backward = turned_round(layer, "forwards", backward);
  const std::string merge = layer.config().text("config.merge_mode", "concat");
  if (merge == "concat") return layer.add("concatenate", {forward, backward});
  if (merge == "mul") return layer.add("multiply", {forward, backward});
  if (merge != "sum" && merge != "ave") layer.refuse("its merge_mode is " + merge);
  const KerasTensor sum = layer.add("add", {forward, backward});
  OptionsText options;
  return merge == "sum" ? sum : layer.add("rescaling", {sum}, options.number("scale", 0.5));
}

}  // namespace

std::map<std::string, KerasOperation, std::less<>> keras_recurrent() {
  return {{"LSTM", recurrent}, {"GRU", recurrent}, {"SimpleRNN", recurrent}, {"Bidirectional", bidirectional}};
}

}  // namespace normrun::models
