#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "files/onnx_file.hpp"
#include "models/constant.hpp"
#include "models/foreign_model.hpp"
#include "models/network_plan.hpp"
#include "models/signal.hpp"

namespace normrun::models {

/// What is known of a tensor of the graph: nothing yet, its numbers, or the layer that computes it for each example.
using Value = std::variant<std::monostate, Constant, Signal>;

/// An ONNX graph while it is read: its tensors so far, and the plan of layers.
class OnnxGraph {
 public:
  explicit OnnxGraph(const files::OnnxFile& file);

  const files::OnnxFile& file() const { return file_; }
  Index opset() const;
  NetworkPlan& plan() { return *plan_; }
  const Value& value(const std::string& tensor) const;
  void set_value(const std::string& tensor, Value value);
  /// Returns the number that stands for the number of examples in shapes.  It is a prime that divides no size in the file, so it can be
  /// recognized in a product.
  Index batch() const { return batch_; }
  /// Returns the number of examples that the exporter fixed in the file, or 0 if the file leaves it open.
  Index baked_batch() const { return baked_batch_; }

  /// Returns the nodes that the graph's first output depends on, in the order in which they run.
  const std::vector<const files::OnnxNode*>& nodes() const { return nodes_; }
  const files::OnnxNode* producer(const std::string& tensor) const;
  /// Returns the only node that reads a tensor; null if several nodes read it, or if the tensor is the graph's output.
  const files::OnnxNode* sole_reader(const std::string& tensor) const;
  const std::vector<const files::OnnxNode*>& readers(const std::string& tensor) const;
  bool is_read(const std::string& tensor) const { return !readers(tensor).empty() || tensor == output_; }
  /// Marks a node as done, because another node's layer does its work.
  void absorb(const files::OnnxNode& node) { absorbed_.insert(&node); }
  bool is_absorbed(const files::OnnxNode& node) const { return absorbed_.contains(&node); }

  /// Returns whether a node is a batch normalization whose statistics the graph computes from the normalization's input.
  bool computes_statistics(const files::OnnxNode& node) const;

  std::vector<ForeignNorm>& norms() { return norms_; }
  /// Returns where the numbers of a constant lie, and notes that `use` (such as "bn1.gamma") reads them.
  TensorPlace place_of(const Constant& constant, const std::string& use, std::vector<Index> order = {});
  /// Fills TensorPlace::shared of all places.
  void note_sharing();

  const std::string& input_name() const { return input_; }
  const std::string& output_name() const { return output_; }
  const Shape& input_shape() const { return input_shape_; }
  const std::vector<Index>& file_input() const { return file_input_; }
  bool is_channels_first() const { return is_channels_first_; }

 private:
  void find_live_nodes();
  void choose_batch();
  void take_input();
  bool reads_channels_first(const std::string& tensor, int depth) const;

  const files::OnnxFile& file_;
  std::string input_;
  std::string output_;
  Index batch_ = 0;
  Index baked_batch_ = 0;
  Shape input_shape_;
  std::vector<Index> file_input_;
  bool is_channels_first_ = false;
  std::unique_ptr<NetworkPlan> plan_;
  std::map<std::string, Value> values_;
  std::map<std::string, const files::OnnxNode*> producers_;
  std::map<std::string, std::vector<const files::OnnxNode*>> readers_;
  std::vector<const files::OnnxNode*> nodes_;
  std::set<const files::OnnxNode*> absorbed_;
  std::vector<ForeignNorm> norms_;
  std::map<std::pair<std::string, Index>, std::vector<std::string>> uses_;  // for the bytes at each place, the names of what reads them
};

/// Returns the shortest decimal that rounds to this float.  It is what the exporter's user wrote, such as 1e-5.
double shortest(float number);

/// Returns the module that a node belongs to, such as "layer1.0.bn1".  The names of the node's weights, its metadata or its own name tell
/// the module.  If none of them does, the module has the name of the node.
std::string module_of(const files::OnnxNode& node);

}  // namespace normrun::models
