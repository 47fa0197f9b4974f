#include "models/onnx_model.hpp"

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "models/onnx_operations.hpp"
#include "models/told_training.hpp"

namespace normrun::models {
namespace {

constexpr Index kFirstOpset = 9;
constexpr Index kLastOpset = 23;

/// Reads the nodes of a graph in order, and collects everything that normrun cannot do, for one message.
class GraphReading {
 public:
  explicit GraphReading(OnnxGraph& graph) : graph_(graph) {}

  void run() {
    for (const files::OnnxNode* const node : graph_.nodes()) {
      if (!graph_.is_absorbed(*node)) read(*node);
    }
  }

  void refuse_unsupported() const {
    if (unknown_.empty() && refused_.empty()) return;
    std::string what;
    for (const auto& [op, count] : unknown_) {
      what += (what.empty() ? "operations that normrun does not have: " : ", ") + op;
      if (count > 1) what += " (" + std::to_string(count) + " times)";
    }
    for (const std::string& text : refused_) what += (what.empty() ? "" : "; ") + text;
    refuse_usage(graph_.file().path, what, "replace these operations in the model, and export it again");
  }

 private:
  void read(const files::OnnxNode& node) {
    const std::string op = node.domain.empty() ? node.op : node.domain + "." + node.op;
    OnnxNodeReader reader(graph_, node);
    const bool is_constant = reader.are_all_constant();
    const Operations& constants = constant_operations();
    const Operations& signals = signal_operations();
    const auto constant = constants.find(op);
    const auto signal = signals.find(op);
    if (constant == constants.end() && signal == signals.end()) {
      ++unknown_[op];
      return;
    }
    if (!is_constant && !has_inputs(node)) return;  // the node reads what another node failed to give, and the message names that node
    try {
      if (is_constant && constant != constants.end())
        constant->second(reader);
      else if (signal != signals.end())
        signal->second(reader);
      else
        reader.refuse("it reads what depends on the model's input");
    } catch (const Error& error) {
      if (error.code() != ExitCode::kUsage) throw;
      constexpr std::size_t kMostTexts = 20;
      if (refused_.size() < kMostTexts)
        refused_.push_back(op + " \"" + (node.name.empty() && !node.outputs.empty() ? node.outputs[0] : node.name) +
                           "\": " + error.problems()[0].what);
    }
  }

  /// Returns whether everything that the node reads is known.  Statistics that the graph computes need not be known.
  bool has_inputs(const files::OnnxNode& node) const {
    const std::size_t count = graph_.computes_statistics(node) ? 3 : node.inputs.size();
    return std::all_of(node.inputs.begin(), node.inputs.begin() + static_cast<std::ptrdiff_t>(count), [&](const std::string& input) {
      return input.empty() || !std::holds_alternative<std::monostate>(graph_.value(input));
    });
  }

  OnnxGraph& graph_;
  std::map<std::string, int> unknown_;
  std::vector<std::string> refused_;
};

void check_opset(const files::OnnxFile& file, Index opset) {
  if (opset == 0)
    throw Error(ExitCode::kDamaged,
                Problem{file.path, "the file does not say which opset its operations are of", "export the model again"});
  if (opset >= kFirstOpset && opset <= kLastOpset) return;
  refuse_usage(file.path, "its operations are of opset " + std::to_string(opset) + ", and normrun reads opsets 9 to 23",
               "export it with opset_version=18");
}

/// Returns the graph's output as a signal whose memory is in the order of the file's axes.
Signal output_in_order(OnnxGraph& graph) {
  const Value& value = graph.value(graph.output_name());
  if (!std::holds_alternative<Signal>(value)) refuse_usage(graph.file().path, "its output does not depend on its input");
  const auto& output = std::get<Signal>(value);
  std::vector<Signal::Axis> groups;
  for (std::size_t axis = 0; axis < output.rank(); ++axis) {
    if (!output.is_batch(axis)) groups.push_back(output.own_factors(axis));
  }
  if (groups.empty()) groups.emplace_back();
  return graph.plan().arranged(output, groups, "output");
}

std::vector<std::string> untold_of(const OnnxGraph& graph, const ForeignModel& model) {
  std::vector<std::string> untold;
  const auto has_moving = [&](const auto& lacks) {
    return std::any_of(model.norms.begin(), model.norms.end(), [&](const ForeignNorm& norm) { return norm.mean && lacks(norm); });
  };
  if (has_moving([&](const ForeignNorm& norm) { return model.weights.find(norm.layer + ".updates") == nullptr; }))
    untold.emplace_back("how often the moving statistics were updated");
  if (has_moving(
          [&](const ForeignNorm& norm) { return told_training(graph.file().metadata, norm.layer, model.path).moving_variance.empty(); })) {
    const bool is_torch = graph.file().producer.rfind("pytorch", 0) == 0;
    untold.emplace_back(is_torch ? "whether the moving variance averages biased or unbiased variances; unbiased, PyTorch's rule, is assumed"
                                 : "whether the moving variance averages biased or unbiased variances; biased is assumed");
  }
  untold.emplace_back("where the network dropped out while it was trained");
  for (std::size_t i = 1; i < graph.file().outputs.size(); ++i)
    untold.push_back("what the output " + graph.file().outputs[i].name + " is for; only " + graph.output_name() + " is read");
  return untold;
}

}  // namespace

const Operations& constant_operations() {
  static const Operations kOperations = [] {
    Operations all = constant_arithmetic();
    all.merge(constant_shapes());
    return all;
  }();
  return kOperations;
}

const Operations& signal_operations() {
  static const Operations kOperations = [] {
    Operations all = elementwise_operations();
    all.merge(window_operations());
    all.merge(norm_operations());
    all.merge(product_operations());
    all.merge(shape_operations());
    all.merge(recurrent_operations());
    all.merge(resize_operations());
    return all;
  }();
  return kOperations;
}

ForeignModel model_of(const files::OnnxFile& file) {
  OnnxGraph graph(file);
  check_opset(file, graph.opset());
  GraphReading reading(graph);
  reading.run();
  reading.refuse_unsupported();
  const Signal output = output_in_order(graph);
  graph.plan().keep_only(output.layer);
  ForeignModel model;
  model.path = file.path;
  model.producer = file.producer;
  std::erase_if(graph.norms(), [&](const ForeignNorm& norm) { return !graph.plan().is_kept(norm.layer); });
  if (graph.norms().empty()) {
    refuse_usage(file.path, "the model has no normalization: exporters fold batch norm into the layer before it",
                 "export it with the norms: torch.onnx.export(model.eval(), (x,), \"m.onnx\", dynamo=True, optimize=False, "
                 "external_data=False, dynamic_shapes=({0: \"n\"},))");
  }
  graph.note_sharing();
  model.norms = graph.norms();
  model.network = graph.plan().text();
  model.input = graph.input_shape();
  model.file_input = graph.file_input();
  model.is_channels_first = graph.is_channels_first();
  for (const Index dim : output.shape) model.file_output.push_back(dim);
  model.weights = graph.plan().take_weights();
  model.untold = untold_of(graph, model);
  return model;
}

}  // namespace normrun::models
