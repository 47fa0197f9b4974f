// Recurrent operations.  ONNX's kernels are (directions, gates * units, inputs).  The gates of an LSTM are in the order i o f c, which
// normrun has as i f c o; those of a GRU are in normrun's own order z r h.
//
//   X: (time, batch, inputs)  Y: (time, directions, batch, units)  Y_h: (directions, batch, units); with layout 1 the batch comes first
//
// The second direction reads the sequence backwards: one slice turns the sequence around before the layer, and another one turns its output
// back.
#include <algorithm>

#include "models/onnx_layout.hpp"
#include "models/onnx_operations.hpp"

namespace normrun::models {
namespace {

struct Cell {
  std::string type;
  std::vector<std::size_t> gates;  // for each gate of normrun, its place among the file's gates
  std::vector<std::string> activations;
};

/// Returns one direction of a weight (gates * units, columns), transposed to (columns, gates * units), with the gates in normrun's order.
std::vector<double> turned_kernel(const Cell& cell, const Constant& weight, std::size_t direction, std::size_t units) {
  const std::size_t gates = cell.gates.size();
  const auto columns = static_cast<std::size_t>(weight.dims[2]);
  const auto first = weight.numbers().begin() + static_cast<std::ptrdiff_t>(direction * gates * units * columns);
  std::vector<double> kernel(gates * units * columns);
  for (std::size_t gate = 0; gate < gates; ++gate) {
    for (std::size_t unit = 0; unit < units; ++unit) {
      for (std::size_t column = 0; column < columns; ++column) {
        const std::size_t row = cell.gates[gate] * units + unit;
        kernel[column * gates * units + gate * units + unit] = *(first + static_cast<std::ptrdiff_t>(row * columns + column));
      }
    }
  }
  return kernel;
}

/// Returns half of one direction's bias: the bias of the input (half 0), or that of the recurrent product (half 1).
std::vector<double> turned_bias(const Cell& cell, const Constant& bias, std::size_t direction, std::size_t half, std::size_t units) {
  const std::size_t gates = cell.gates.size();
  const auto first = bias.numbers().begin() + static_cast<std::ptrdiff_t>((direction * 2 + half) * gates * units);
  std::vector<double> out(gates * units);
  for (std::size_t gate = 0; gate < gates; ++gate) {
    std::copy_n(first + static_cast<std::ptrdiff_t>(cell.gates[gate] * units), units,
                out.begin() + static_cast<std::ptrdiff_t>(gate * units));
  }
  return out;
}

bool is_all_zero(const Constant& constant) {
  return std::all_of(constant.numbers().begin(), constant.numbers().end(), [](double value) { return value == 0.0; });
}

/// The order in which a layer reads the steps.
enum class Order { kForward, kBackward };

/// One recurrent node while it becomes layers.
class RecurrentReading {
 public:
  RecurrentReading(OnnxNodeReader& node, Cell cell) : node_(node), cell_(std::move(cell)) {}

  void read() {
    refuse_variants();
    const Signal x = node_.signal(0);
    const bool batch_first = node_.integer("layout", 0) != 0;
    const std::size_t time = batch_first ? 1 : 0;
    if (x.rank() != 3 || !x.is_batch(1 - time)) node_.refuse("its input is no sequence of examples");
    const Signal in = node_.plan().arranged(x, {x.axes[time], x.axes[2]}, node_.name());
    steps_ = in.shape[0];
    const std::string direction = node_.text("direction", "forward");
    if (direction != "forward" && direction != "reverse" && direction != "bidirectional") node_.refuse("its direction is " + direction);
    std::vector<Signal> sequences;
    std::vector<Signal> last;
    const std::size_t directions = direction == "bidirectional" ? 2 : 1;
    check_weights(directions, in.shape[1]);
    for (std::size_t d = 0; d < directions; ++d)
      add_direction(in, d, direction == "reverse" || d == 1 ? Order::kBackward : Order::kForward, sequences, last);
    const auto count = static_cast<Index>(directions);
    if (node_.is_read(0)) {
      Signal y = joined(sequences);
      y.factors = {steps_, count, units_};
      y.axes = batch_first ? std::vector<Signal::Axis>{{Signal::kBatch}, {0}, {1}, {2}}
                           : std::vector<Signal::Axis>{{0}, {1}, {Signal::kBatch}, {2}};
      drop_ones(y);
      node_.give(0, std::move(y));
    }
    if (node_.is_read(1)) {
      Signal h = joined(last);
      h.factors = {count, units_};
      h.axes = batch_first ? std::vector<Signal::Axis>{{Signal::kBatch}, {0}, {1}} : std::vector<Signal::Axis>{{0}, {Signal::kBatch}, {1}};
      drop_ones(h);
      node_.give(1, std::move(h));
    }
  }

 private:
  void refuse_variants() {
    if (node_.has(4) && !node_.is_constant(4)) node_.refuse("the lengths of its sequences are not constant");
    if (node_.is_read(2)) node_.refuse("another operation reads its cell state");
    for (const std::size_t start : {std::size_t{5}, std::size_t{6}}) {
      if (node_.has(start) && !is_all_zero(node_.constant(start, "its initial state"))) node_.refuse("its initial state is not 0");
    }
    if (node_.has(7)) node_.refuse("it has peepholes");
    if (node_.has_attribute("clip") || node_.integer("input_forget", 0) != 0) node_.refuse("its cell has clip or input_forget");
    const auto* const given = node_.node().find("activations");
    for (std::size_t i = 0; given != nullptr && i < given->texts.size(); ++i) {
      if (given->texts[i] != cell_.activations[i % cell_.activations.size()]) node_.refuse("it has the activation " + given->texts[i]);
    }
  }

  void check_weights(std::size_t directions, Index inputs) {
    const Constant& kernel = node_.constant(1, "its kernel");
    const Constant& recurrent = node_.constant(2, "its recurrent kernel");
    const auto gates = static_cast<Index>(cell_.gates.size());
    units_ = recurrent.dims.size() == 3 ? recurrent.dims[2] : 0;
    const auto count = static_cast<Index>(directions);
    if (units_ < 1 || kernel.dims != std::vector<Index>{count, gates * units_, inputs} ||
        recurrent.dims != std::vector<Index>{count, gates * units_, units_})
      node_.refuse("its kernels do not fit");
    if (node_.has(3) && node_.constant(3, "its bias").dims != std::vector<Index>{count, 2 * gates * units_})
      node_.refuse("its bias does not fit");
  }

  /// Whether the cell is a GRU whose reset gate acts before the recurrent product.
  bool resets_before() const { return cell_.type == "gru" && node_.integer("linear_before_reset", 0) == 0; }

  Signal reversed(const Signal& x) {
    OptionsText options;
    options.integer("axis", 1).integer("start", steps_ - 1).integer("step", -1);
    Signal out = x;
    out.layer = node_.add_beside("slice", {x}, options).layer;
    return out;
  }

  void add_direction(const Signal& in, std::size_t direction, Order order, std::vector<Signal>& sequences, std::vector<Signal>& last) {
    const Signal x = order == Order::kBackward ? reversed(in) : in;
    const bool gives_sequence = node_.is_read(0);
    OptionsText options;
    options.integer("units", units_).flag("return_sequences", gives_sequence);
    if (!node_.has(3)) options.flag("use_bias", false);
    if (resets_before()) options.flag("reset_after", false);
    const auto [layer, shape] = direction == 0 ? node_.add(cell_.type, {x}, options) : node_.add_beside(cell_.type, {x}, options);
    add_weights(layer, direction);
    Signal y{.layer = layer, .shape = shape, .factors = shape, .axes = {}};
    if (gives_sequence) sequences.push_back(order == Order::kBackward ? reversed(y) : y);
    if (!node_.is_read(1)) return;
    if (gives_sequence) {
      OptionsText end;
      end.integer("axis", 1).integer("start", steps_ - 1).integer("count", 1);
      const auto [step, step_shape] = node_.add_beside("slice", {y}, end);
      y = {.layer = step, .shape = step_shape, .factors = step_shape, .axes = {}};
    }
    last.push_back(y);
  }

  void add_weights(const std::string& layer, std::size_t direction) {
    const auto units = static_cast<std::size_t>(units_);
    const auto width = static_cast<Index>(cell_.gates.size() * units);
    const Constant& kernel = node_.constant(1);
    node_.plan().add_weight(layer, "kernel", {kernel.dims[2], width}, turned_kernel(cell_, kernel, direction, units));
    node_.plan().add_weight(layer, "recurrent_kernel", {units_, width}, turned_kernel(cell_, node_.constant(2), direction, units));
    if (!node_.has(3)) return;
    std::vector<double> bias = turned_bias(cell_, node_.constant(3), direction, 0, units);
    const std::vector<double> recurrent = turned_bias(cell_, node_.constant(3), direction, 1, units);
    if (cell_.type == "gru" && !resets_before()) {
      bias.insert(bias.end(), recurrent.begin(), recurrent.end());
      return node_.plan().add_weight(layer, "bias", {2, width}, std::move(bias));
    }
    std::transform(bias.begin(), bias.end(), recurrent.begin(), bias.begin(), [](double a, double b) { return a + b; });
    node_.plan().add_weight(layer, "bias", {width}, std::move(bias));
  }

  /// Returns a signal whose last axis holds the numbers of all directions side by side.
  Signal joined(const std::vector<Signal>& parts) {
    if (parts.size() == 1) return parts[0];
    const auto [layer, shape] = node_.add_beside("concatenate", parts);
    return {.layer = layer, .shape = shape, .factors = {}, .axes = {}};
  }

  OnnxNodeReader& node_;
  Cell cell_;
  Index steps_ = 0;
  Index units_ = 0;
};

void lstm(OnnxNodeReader& node) {
  RecurrentReading(node, {.type = "lstm", .gates = {0, 2, 3, 1}, .activations = {"Sigmoid", "Tanh", "Tanh"}}).read();
}
void gru(OnnxNodeReader& node) { RecurrentReading(node, {.type = "gru", .gates = {0, 1, 2}, .activations = {"Sigmoid", "Tanh"}}).read(); }
void simple_rnn(OnnxNodeReader& node) { RecurrentReading(node, {.type = "simple_rnn", .gates = {0}, .activations = {"Tanh"}}).read(); }

}  // namespace

Operations recurrent_operations() { return {{"LSTM", lstm}, {"GRU", gru}, {"RNN", simple_rnn}}; }

}  // namespace normrun::models
