#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/onnx_graph.hpp"

namespace normrun::models {

/// One node of a graph while it becomes layers or constants.  If normrun cannot do something, these functions throw Error(kUsage), which
/// names the node.
class OnnxNodeReader {
 public:
  OnnxNodeReader(OnnxGraph& graph, const files::OnnxNode& node) : graph_(graph), node_(node) {}

  OnnxGraph& graph() { return graph_; }
  NetworkPlan& plan() { return graph_.plan(); }
  const files::OnnxNode& node() const { return node_; }
  Index batch() const { return graph_.batch(); }
  Index baked_batch() const { return graph_.baked_batch(); }

  // The functions below read the node's inputs.  has() is false for an input that the node leaves out.
  bool has(std::size_t input) const { return input < node_.inputs.size() && !node_.inputs[input].empty(); }
  bool is_constant(std::size_t input) const;
  bool is_signal(std::size_t input) const;
  bool are_all_constant() const;
  const Constant& constant(std::size_t input, std::string_view what = "one of its inputs") const;
  Signal signal(std::size_t input) const;
  /// Returns the whole numbers of an input.  If the node has no such input, returns those of an attribute, because older opsets have
  /// attributes in place of many inputs.
  std::optional<std::vector<Index>> integers(std::size_t input, std::string_view attribute) const;
  /// Returns the single number of an input, or of an attribute if there is no such input.
  std::optional<double> number(std::size_t input, std::string_view attribute) const;

  // The functions below read the node's attributes.
  bool has_attribute(std::string_view name) const { return node_.find(name) != nullptr; }
  Index integer(std::string_view attribute, Index fallback) const;
  std::vector<Index> integers(std::string_view attribute, const std::vector<Index>& fallback) const;
  double number(std::string_view attribute, double fallback) const;
  std::string text(std::string_view attribute, const std::string& fallback) const;

  void give(std::size_t output, Value value);
  bool is_read(std::size_t output) const { return output < node_.outputs.size() && graph_.is_read(node_.outputs[output]); }

  /// Returns the name of the node's layer: the name of its module, made unique.
  const std::string& name();
  /// Adds a layer that computes new numbers from those of the signal, element by element, and returns them as a signal with the same axes.
  /// The layer has the node's name, or a name that begins with it.
  Signal elementwise(const std::string& type, const Signal& signal, const OptionsText& options = {});
  /// What adding a layer returns: the layer's name and the shape of its output.  The layer reads signals in their present shapes.
  struct Added {
    std::string layer;
    std::vector<Index> shape;
  };
  Added add(const std::string& type, const std::vector<Signal>& signals, const OptionsText& options = {});
  /// Adds a layer that only prepares or finishes the work of the node's main layer.  Its name begins with the node's name, which stays free
  /// for the main layer.
  Added add_beside(const std::string& type, const std::vector<Signal>& signals, const OptionsText& options = {});

  [[noreturn]] void refuse(const std::string& what) const;

 private:
  Added add_named(const std::string& layer, const std::string& type, const std::vector<Signal>& signals, const OptionsText& options);

  OnnxGraph& graph_;
  const files::OnnxNode& node_;
  std::string name_;
  bool is_name_used_ = false;
};

}  // namespace normrun::models
