#include "models/onnx_graph.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "core/error.hpp"

namespace normrun::models {
namespace {

constexpr std::array<Index, 12> kPrimes = {127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181};

const std::set<std::string, std::less<>>& roles() {
  static const std::set<std::string, std::less<>> kRoles = {"weight", "bias", "running_mean", "running_var", "kernel",
                                                            "gamma",  "beta", "moving_mean",  "scale",       "moving_variance",
                                                            "mean",   "var",  "variance"};
  return kRoles;
}

/// Returns the module in a "namespace" of PyTorch's exporter, such as "l1.c1" in ": __main__.Res/l1: families.Block/l1.c1:
/// torch.nn.modules.conv.Conv2d/conv2d_1: aten.conv2d.default".  The second text is the name of the call in the module, or "" if the
/// namespace means the module's own call.
std::pair<std::string, std::string> module_in(const std::string& scope) {
  std::string module;
  std::string call;
  std::size_t begin = 0;
  while (begin <= scope.size()) {
    const std::size_t end = std::min(scope.find('/', begin), scope.size());
    const std::string part = scope.substr(begin, end - begin);
    const std::size_t colon = part.find(": ");
    if (colon != std::string::npos) {
      const bool is_call = part.compare(colon + 2, 5, "aten.") == 0 || part.find("built-in", colon) != std::string::npos;
      if (is_call)
        call = part.substr(0, colon);
      else if (colon > 0)
        module = part.substr(0, colon), call.clear();
    }
    begin = end + 1;
  }
  return {module, call};
}

/// Returns the module in a node's name: "layer1.0.bn1" of "/layer1/layer1.0/bn1/BatchNormalization".
std::string module_of_path(const std::string& path) {
  std::string module;
  std::size_t begin = 1;
  while (begin < path.size()) {
    const std::size_t end = path.find('/', begin);
    if (end == std::string::npos) break;
    const std::string part = path.substr(begin, end - begin);
    const bool contains_module = part.size() > module.size() && part.compare(0, module.size(), module) == 0 && part[module.size()] == '.';
    if (module.empty() || contains_module)
      module = part;
    else
      module += "." + part;
    begin = end + 1;
  }
  return module;
}

/// Returns the module whose weights a node reads, such as "bn1" of "bn1.running_var".
std::string module_of_weights(const files::OnnxNode& node) {
  for (std::size_t i = node.inputs.size(); i-- > 1;) {
    const std::string& input = node.inputs[i];
    const std::size_t dot = input.rfind('.');
    if (dot != std::string::npos && dot > 0 && input.find("::") == std::string::npos && roles().contains(input.substr(dot + 1)))
      return input.substr(0, dot);
  }
  return "";
}

bool is_readable(std::string_view name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

double shortest(float number) {
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), number);
  double value = static_cast<double>(number);
  std::from_chars(text.data(), written.ptr, value);
  return value;
}

std::string module_of(const files::OnnxNode& node) {
  std::string weights = module_of_weights(node);
  if (is_readable(weights)) return weights;
  const auto [module, call] = module_in(node.scope);
  if (is_readable(module) && node.scope.find("torch.nn.modules") != std::string::npos &&
      node.scope.rfind("torch.nn.modules") > node.scope.rfind(module))
    return module;
  if (is_readable(call)) return module.empty() ? call : module + "." + call;
  if (node.name.size() > 1 && node.name[0] == '/' && is_readable(node.name)) {
    const std::string path = module_of_path(node.name);
    std::string own = node.name.substr(node.name.rfind('/') + 1);
    if (!path.empty()) return own == node.op ? path : path + "." + own;
    return own;
  }
  if (!node.outputs.empty() && is_readable(node.outputs[0])) return node.outputs[0];
  return node.op;
}

OnnxGraph::OnnxGraph(const files::OnnxFile& file) : file_(file) {
  if (file.outputs.empty()) throw Error(ExitCode::kDamaged, Problem{file.path, "the graph has no output", "export the model again"});
  if (file.inputs.size() != 1) {
    std::string names;
    for (const files::OnnxValue& input : file.inputs) names += (names.empty() ? "" : ", ") + input.name;
    refuse_usage(file.path, "the model has " + std::to_string(file.inputs.size()) + " inputs" + (names.empty() ? "" : " (" + names + ")"),
                 "normrun reads models with one input: wrap the module so that it makes the others itself");
  }
  input_ = file.inputs.front().name;
  output_ = file.outputs.front().name;
  for (const files::OnnxTensor& tensor : file.initializers) {
    values_[tensor.name] = Constant{.dims = tensor.dims,
                                    .values = std::make_shared<const std::vector<double>>(files::onnx_values(tensor)),
                                    .set = number_set(tensor.type),
                                    .source = &tensor,
                                    .name = tensor.name};
  }
  for (const files::OnnxNode& node : file.nodes) {
    for (const std::string& output : node.outputs) {
      if (!output.empty()) producers_[output] = &node;
    }
  }
  find_live_nodes();
  choose_batch();
  take_input();
}

Index OnnxGraph::opset() const {
  const auto found = file_.opsets.find("");
  return found == file_.opsets.end() ? 0 : found->second;
}

void OnnxGraph::find_live_nodes() {
  std::set<const files::OnnxNode*> live;
  std::vector<std::string> wanted{output_};
  while (!wanted.empty()) {
    const files::OnnxNode* const node = producer(wanted.back());
    wanted.pop_back();
    if (node == nullptr || !live.insert(node).second) continue;
    // The graph may compute statistics from the batch.  These operations become no layers, because the network computes such statistics
    // itself, in train mode.
    const std::size_t count = computes_statistics(*node) ? 3 : node->inputs.size();
    for (std::size_t i = 0; i < count; ++i) wanted.push_back(node->inputs[i]);
  }
  for (const files::OnnxNode& node : file_.nodes) {
    if (!live.contains(&node)) continue;
    nodes_.push_back(&node);
    for (const std::string& input : node.inputs) readers_[input].push_back(&node);
  }
}

bool OnnxGraph::computes_statistics(const files::OnnxNode& node) const {
  if (node.op != "BatchNormalization" || !node.domain.empty() || node.inputs.size() != 5) return false;
  const files::OnnxNode* const mean = producer(node.inputs[3]);
  return mean != nullptr && mean->op == "ReduceMean" && !mean->inputs.empty() && mean->inputs[0] == node.inputs[0];
}

void OnnxGraph::choose_batch() {
  std::set<Index> sizes;
  for (const files::OnnxTensor& tensor : file_.initializers) sizes.insert(tensor.dims.begin(), tensor.dims.end());
  for (const files::OnnxValue::Dim& dim : file_.inputs.front().dims) sizes.insert(dim.size);
  constexpr Index kFewNumbers = 64;
  for (const auto& [name, value] : values_) {
    const auto& constant = std::get<Constant>(value);
    if (constant.set != NumberSet::kWhole || constant.count() > kFewNumbers) continue;
    for (const Index number : constant.integers()) sizes.insert(number);
  }
  const auto is_free = [&](Index prime) {
    return std::none_of(sizes.begin(), sizes.end(), [&](Index size) { return size > 0 && size % prime == 0; });
  };
  const auto found = std::find_if(kPrimes.begin(), kPrimes.end(), is_free);
  batch_ = found == kPrimes.end() ? kPrimes.front() : *found;
}

bool OnnxGraph::reads_channels_first(const std::string& tensor, int depth) const {
  static const std::set<std::string, std::less<>> kWindowed = {
      "Conv",     "ConvTranspose",         "MaxPool",           "AveragePool",
      "Resize",   "GlobalAveragePool",     "GlobalMaxPool",     "BatchNormalization",
      "Upsample", "InstanceNormalization", "GroupNormalization"};
  static const std::set<std::string, std::less<>> kElementwise = {
      "Identity", "Cast", "Add", "Sub", "Mul", "Div", "Relu", "Pad", "Clip", "Sigmoid", "Tanh", "LeakyRelu", "Dropout", "Slice", "Concat"};
  if (depth > 16) return false;
  for (const files::OnnxNode* const node : readers(tensor)) {
    if (kWindowed.contains(node->op) && node->inputs[0] == tensor) return true;
    if (kElementwise.contains(node->op) && !node->outputs.empty() && reads_channels_first(node->outputs[0], depth + 1)) return true;
  }
  return false;
}

void OnnxGraph::take_input() {
  const files::OnnxValue& input = file_.inputs.front();
  if (!input.has_shape || input.dims.empty())
    refuse_usage(file_.path, "the file does not tell the shape of its input " + input.name, "export it with an example input");
  std::size_t batch_axis = 0;
  const auto is_open = [](const files::OnnxValue::Dim& dim) { return dim.size < 0; };
  const auto open = std::find_if(input.dims.begin(), input.dims.end(), is_open);
  if (open != input.dims.end()) batch_axis = static_cast<std::size_t>(open - input.dims.begin());
  if (batch_axis == 0 || open == input.dims.end()) baked_batch_ = std::max<Index>(input.dims[batch_axis].size, 0);
  for (std::size_t axis = 0; axis < input.dims.size(); ++axis) {
    if (axis == batch_axis) continue;
    if (input.dims[axis].size < 1) {
      refuse_usage(file_.path, "axis " + std::to_string(axis) + " of the input " + input.name + " has no fixed size",
                   "give rows of the shape that the model takes, or export it with a fixed size of an example");
    }
    file_input_.push_back(input.dims[axis].size);
  }
  Shape shape;
  try {
    shape = Shape(file_input_);
  } catch (const std::invalid_argument& error) {
    throw Error(ExitCode::kDamaged, Problem{file_.path, std::string("the input: ") + error.what(), "export the model again"});
  }
  const std::size_t rank = file_input_.size();
  is_channels_first_ = batch_axis == 0 && rank >= 2 && rank <= 3 && reads_channels_first(input_, 0);
  std::vector<Index> dims = file_input_;
  if (is_channels_first_) std::rotate(dims.begin(), dims.begin() + 1, dims.end());
  input_shape_ = Shape(dims);
  plan_ = std::make_unique<NetworkPlan>(input_shape_);
  std::vector<std::size_t> axes;
  for (std::size_t axis = 0; axis < rank; ++axis) axes.push_back(!is_channels_first_ ? axis : axis == 0 ? rank - 1 : axis - 1);
  axes.insert(axes.begin() + static_cast<std::ptrdiff_t>(batch_axis), Signal::kBatch);
  values_[input_] = signal_of("input", dims, axes);
}

const Value& OnnxGraph::value(const std::string& tensor) const {
  static const Value kUnknown;
  const auto found = values_.find(tensor);
  return found == values_.end() ? kUnknown : found->second;
}

void OnnxGraph::set_value(const std::string& tensor, Value value) {
  if (!tensor.empty()) values_.insert_or_assign(tensor, std::move(value));
}

const files::OnnxNode* OnnxGraph::producer(const std::string& tensor) const {
  const auto found = producers_.find(tensor);
  return found == producers_.end() ? nullptr : found->second;
}

const std::vector<const files::OnnxNode*>& OnnxGraph::readers(const std::string& tensor) const {
  static const std::vector<const files::OnnxNode*> kNone;
  const auto found = readers_.find(tensor);
  return found == readers_.end() ? kNone : found->second;
}

const files::OnnxNode* OnnxGraph::sole_reader(const std::string& tensor) const {
  const auto& all = readers(tensor);
  return all.size() == 1 && tensor != output_ ? all.front() : nullptr;
}

TensorPlace OnnxGraph::place_of(const Constant& constant, const std::string& use, std::vector<Index> order) {
  TensorPlace place;
  place.order = std::move(order);
  if (constant.source == nullptr) {
    place.is_computed = true;
    return place;
  }
  const files::OnnxTensor& tensor = *constant.source;
  place.tensor = constant.name;
  place.file = tensor.file;
  place.begin = tensor.begin;
  place.bytes = static_cast<Index>(tensor.bytes.size());
  place.dtype = files::onnx_type_name(tensor.type);
  if (tensor.begin >= 0) uses_[{tensor.file, tensor.begin}].push_back(use);
  return place;
}

void OnnxGraph::note_sharing() {
  for (ForeignNorm& norm : norms_) {
    const auto note = [&](std::optional<TensorPlace>& place, const char* role) {
      if (!place || place->begin < 0) return;
      place->shared = uses_[{place->file, place->begin}];
      std::erase(place->shared, norm.layer + "." + role);
    };
    note(norm.gamma, "gamma");
    note(norm.beta, "beta");
    note(norm.mean, "moving_mean");
    note(norm.variance, "moving_variance");
  }
}

}  // namespace normrun::models
