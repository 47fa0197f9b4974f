// Single operations of ONNX against their definitions, written plainly with channels first.
#include <algorithm>
#include <cmath>

#include "models/model_rig.hpp"

namespace normrun::test {
namespace {

struct Planes {
  Index channels, height, width;
  Index size() const { return channels * height * width; }
};

/// A convolution of one example, as ONNX defines it.
struct PlainConvolution {
  Planes in;
  Index filters, kernel_height, kernel_width, groups;
  std::vector<Index> strides, dilations, pads;  // pads: top, left, bottom, right

  Planes out() const {
    const auto along = [&](Index size, Index kernel, std::size_t i) {
      return (size + pads[i] + pads[i + 2] - (kernel - 1) * dilations[i] - 1) / strides[i] + 1;
    };
    return {filters, along(in.height, kernel_height, 0), along(in.width, kernel_width, 1)};
  }
  double at(const float* x, const Floats& w, Index f, Index y, Index z) const {
    const Index inputs = in.channels / groups;
    const Index first = f / (filters / groups) * inputs;
    double sum = 0.0;
    for (Index c = 0; c < inputs; ++c) {
      for (Index i = 0; i < kernel_height; ++i) {
        for (Index j = 0; j < kernel_width; ++j) {
          const Index row = y * strides[0] - pads[0] + i * dilations[0];
          const Index column = z * strides[1] - pads[1] + j * dilations[1];
          if (row < 0 || row >= in.height || column < 0 || column >= in.width) continue;
          const double weight = w[static_cast<std::size_t>(((f * inputs + c) * kernel_height + i) * kernel_width + j)];
          sum += weight * x[((first + c) * in.height + row) * in.width + column];
        }
      }
    }
    return sum;
  }
};

Numbers convolved(const PlainConvolution& plain, const Floats& x, const Floats& w, const Floats& bias) {
  const Planes out = plain.out();
  Numbers y;
  for (std::size_t example = 0; example < x.size() / static_cast<std::size_t>(plain.in.size()); ++example) {
    const float* const data = x.data() + example * static_cast<std::size_t>(plain.in.size());
    for (Index f = 0; f < out.channels; ++f) {
      for (Index i = 0; i < out.height; ++i) {
        for (Index j = 0; j < out.width; ++j) y.push_back(plain.at(data, w, f, i, j) + bias[static_cast<std::size_t>(f)]);
      }
    }
  }
  return y;
}

}  // namespace

TEST_CASE("a convolution gives what ONNX defines, whatever its pads, strides, gaps and groups") {
  const std::vector<PlainConvolution> cases = {
      {{2, 5, 4}, 3, 3, 2, 1, {1, 1}, {1, 1}, {0, 0, 0, 0}},
      {{2, 5, 4}, 3, 3, 2, 1, {2, 1}, {1, 2}, {1, 0, 2, 3}},
      {{4, 4, 5}, 6, 2, 3, 2, {1, 2}, {1, 1}, {1, 1, 0, 1}},
      {{3, 4, 4}, 6, 3, 3, 3, {1, 1}, {1, 1}, {1, 1, 1, 1}},
  };
  for (const PlainConvolution& plain : cases) {
    const Floats w = random_floats(
        static_cast<std::size_t>(plain.filters * plain.in.channels / plain.groups * plain.kernel_height * plain.kernel_width), 1);
    const Floats bias = random_floats(static_cast<std::size_t>(plain.filters), 2);
    OnnxWriter writer;
    writer.input("x", {-1, plain.in.channels, plain.in.height, plain.in.width});
    writer.initializer(
        OnnxWriter::floats("c.weight", {plain.filters, plain.in.channels / plain.groups, plain.kernel_height, plain.kernel_width}, w));
    writer.initializer(OnnxWriter::floats("c.bias", {plain.filters}, bias));
    writer.node("Conv", {"x", "c.weight", "c.bias"}, {"c"},
                {OnnxWriter::integers("strides", plain.strides), OnnxWriter::integers("dilations", plain.dilations),
                 OnnxWriter::integers("pads", plain.pads), OnnxWriter::integer("group", plain.groups)});
    plain_norm(writer, "c", "y", static_cast<std::size_t>(plain.filters));
    writer.output("y");
    const Floats x = random_floats(2 * static_cast<std::size_t>(plain.in.size()), 3);
    const models::ForeignModel model = read(writer);
    CHECK(model.is_channels_first);
    CHECK(model.file_output == std::vector<Index>{plain.out().channels, plain.out().height, plain.out().width});
    check_close(outputs_of(model, x), convolved(plain, x, w, bias));
  }
}

TEST_CASE("a dense layer behind a flatten reads the channels in the file's order") {
  OnnxWriter writer;
  writer.input("x", {-1, 2, 2, 3});
  plain_norm(writer, "x", "norm", 2);
  writer.node("Flatten", {"norm"}, {"flat"});
  const Floats w = random_floats(12, 1);
  writer.initializer(OnnxWriter::floats("fc.weight", {1, 12}, w));
  writer.node("Gemm", {"flat", "fc.weight"}, {"y"}, {OnnxWriter::integer("transB", 1)});
  writer.output("y");
  const Floats x = random_floats(12, 2);
  double expected = 0.0;
  for (std::size_t i = 0; i < 12; ++i) expected += static_cast<double>(w[i]) * static_cast<double>(x[i]);
  const models::ForeignModel model = read(writer);
  check_close(outputs_of(model, x), {expected});
  CHECK(!has(model.network, "permute"));
}

TEST_CASE("a norm behind a flatten has its channels in the order of memory, and says which they are in the file") {
  OnnxWriter writer;
  writer.input("x", {-1, 2, 1, 3});
  writer.initializer(OnnxWriter::floats("c.weight", {2, 1, 1, 1}, {1.0F, 1.0F}));
  writer.node("Conv", {"x", "c.weight"}, {"c"}, {OnnxWriter::integer("group", 2)});
  writer.node("Flatten", {"c"}, {"flat"});
  writer.initializer(OnnxWriter::floats("n.weight", {6}, {1, 2, 3, 4, 5, 6}));
  writer.initializer(OnnxWriter::floats("n.bias", {6}, {0, 0, 0, 0, 0, 0}));
  writer.initializer(OnnxWriter::floats("n.running_mean", {6}, {0, 1, 2, 3, 4, 5}));
  writer.initializer(OnnxWriter::floats("n.running_var", {6}, {1, 1, 1, 1, 1, 4}));
  writer.node("BatchNormalization", {"flat", "n.weight", "n.bias", "n.running_mean", "n.running_var"}, {"y"},
              {OnnxWriter::number("epsilon", 0.0F)});
  writer.output("y");
  const models::ForeignModel model = read(writer);
  check_close(outputs_of(model, {0, 0, 0, 0, 0, 0}), {0, -2, -6, -12, -20, -15});
  REQUIRE(model.norms.size() == 1);
  CHECK(model.norms[0].layer == "n");
  CHECK(model.norms[0].mean->order == std::vector<Index>{0, 3, 1, 4, 2, 5});
  CHECK(model.weights.find("n.moving_mean")->values == Numbers{0, 3, 1, 4, 2, 5});
}

TEST_CASE("pooling takes ceil_mode and counts padding as the file says") {
  struct Case {
    const char* op;
    std::vector<OnnxWriter::Attribute> attributes;
    Numbers expected;
  };
  const auto ints = [](const char* name, std::vector<Index> values) { return OnnxWriter::integers(name, values); };
  const std::vector<Case> cases = {
      {"MaxPool", {ints("kernel_shape", {2}), ints("strides", {2})}, {2, 4}},
      {"MaxPool", {ints("kernel_shape", {2}), ints("strides", {2}), OnnxWriter::integer("ceil_mode", 1)}, {2, 4, 5}},
      {"AveragePool", {ints("kernel_shape", {2}), ints("strides", {2}), ints("pads", {1, 0})}, {1, 2.5, 4.5}},
      {"AveragePool",
       {ints("kernel_shape", {2}), ints("strides", {2}), ints("pads", {1, 0}), OnnxWriter::integer("count_include_pad", 1)},
       {0.5, 2.5, 4.5}},
      {"GlobalAveragePool", {}, {3}},
      {"GlobalMaxPool", {}, {5}},
      {"ReduceMean", {ints("axes", {2})}, {3}},
      {"ReduceSum", {ints("axes", {2})}, {15}},
      {"ReduceSum", {ints("axes", {-1}), OnnxWriter::integer("keepdims", 1)}, {15}},
  };
  for (const Case& c : cases) {
    OnnxWriter writer;
    writer.input("x", {-1, 1, 5});
    writer.node(c.op, {"x"}, {"pooled"}, c.attributes);
    plain_norm(writer, "pooled", "y", 1);
    writer.output("y");
    check_close(outputs_of(read(writer), {1, 2, 3, 4, 5}), c.expected);
  }
}

TEST_CASE("operations on each element give what they are called") {
  struct Case {
    const char* op;
    std::vector<OnnxWriter::Attribute> attributes;
    std::function<double(double)> f;
  };
  const std::vector<Case> cases = {
      {"Relu", {}, [](double x) { return std::max(x, 0.0); }},
      {"LeakyRelu", {OnnxWriter::number("alpha", 0.2F)}, [](double x) { return x > 0 ? x : 0.2 * x; }},
      {"Selu", {}, [](double x) { return 1.0507010221481323 * (x > 0 ? x : 1.6732631921768188 * std::expm1(x)); }},
      {"Elu", {OnnxWriter::number("alpha", 0.5F)}, [](double x) { return x > 0 ? x : 0.5 * std::expm1(x); }},
      {"Tanh", {}, [](double x) { return std::tanh(x); }},
      {"Sigmoid", {}, [](double x) { return 1.0 / (1.0 + std::exp(-x)); }},
      {"HardSigmoid",
       {OnnxWriter::number("alpha", 0.25F), OnnxWriter::number("beta", 0.4F)},
       [](double x) { return std::clamp(0.25 * x + 0.4, 0.0, 1.0); }},
      {"HardSwish", {}, [](double x) { return x * std::clamp(x / 6.0 + 0.5, 0.0, 1.0); }},
      {"Softplus", {}, [](double x) { return std::log1p(std::exp(x)); }},
      {"Erf", {}, [](double x) { return std::erf(x); }},
      {"Exp", {}, [](double x) { return std::exp(x); }},
      {"Abs", {}, [](double x) { return std::abs(x); }},
      {"Neg", {}, [](double x) { return -x; }},
      {"Reciprocal", {}, [](double x) { return 1.0 / x; }},
  };
  const Floats x = {-2.0F, -0.25F, 0.5F, 3.5F};
  for (const Case& c : cases) {
    OnnxWriter writer(20);
    writer.input("x", {-1, 4});
    writer.node(c.op, {"x"}, {"f"}, c.attributes);
    plain_norm(writer, "f", "y", 4);
    writer.output("y");
    Numbers expected;
    for (const float value : x) expected.push_back(c.f(static_cast<double>(value)));
    CAPTURE(c.op);
    check_close(outputs_of(read(writer), x), expected, 1e-9);
  }
}

TEST_CASE("constants are broadcast as the file's axes say, on either side") {
  struct Case {
    const char* op;
    std::vector<std::string> inputs;
    std::vector<Index> dims;
    Floats constant;
    Numbers expected;
  };
  // x: two channels of two places, 1 2 | 3 4
  const std::vector<Case> cases = {
      {"Add", {"x", "k"}, {2, 1}, {10, 20}, {11, 12, 23, 24}},    {"Add", {"k", "x"}, {2}, {10, 20}, {11, 22, 13, 24}},
      {"Add", {"x", "k"}, {1, 2, 2}, {1, 0, 0, 2}, {2, 2, 3, 6}}, {"Sub", {"k", "x"}, {1}, {1}, {0, -1, -2, -3}},
      {"Mul", {"x", "k"}, {2, 1}, {2, -1}, {2, 4, -3, -4}},       {"Div", {"k", "x"}, {1}, {12}, {12, 6, 4, 3}},
      {"Div", {"x", "k"}, {2}, {2, 4}, {0.5, 0.5, 1.5, 1}},       {"Pow", {"x", "k"}, {}, {2}, {1, 4, 9, 16}},
  };
  for (const Case& c : cases) {
    OnnxWriter writer;
    writer.input("x", {-1, 2, 2});
    writer.initializer(OnnxWriter::floats("k", c.dims, c.constant));
    writer.node(c.op, c.inputs, {"f"});
    plain_norm(writer, "f", "y", 2);
    writer.output("y");
    CAPTURE(c.op);
    check_close(outputs_of(read(writer), {1, 2, 3, 4}), c.expected);
  }
}

TEST_CASE("axes are cut, joined, turned and regrouped without a layer where memory allows it") {
  // x: 1 2 3 | 4 5 6
  const auto outputs = [](const std::function<void(OnnxWriter&)>& add) {
    OnnxWriter writer;
    writer.input("x", {-1, 2, 3});
    add(writer);
    writer.node("Flatten", {"f"}, {"flat"});
    writer.output("y");
    plain_norm(writer, "flat", "y", 6);
    return outputs_of(read(writer), {1, 2, 3, 4, 5, 6});
  };
  const auto whole = [](OnnxWriter& writer, const std::string& name, const std::vector<Index>& values) {
    writer.initializer(OnnxWriter::whole(name, {static_cast<Index>(values.size())}, values));
  };
  check_close(outputs([&](OnnxWriter& w) {
                w.node("Transpose", {"x"}, {"f"}, {OnnxWriter::integers("perm", {0, 2, 1})});
              }),
              {1, 4, 2, 5, 3, 6});
  check_close(outputs([&](OnnxWriter& w) {
                whole(w, "shape", {-1, 3, 2});
                w.node("Transpose", {"x"}, {"t"}, {OnnxWriter::integers("perm", {0, 2, 1})});
                w.node("Transpose", {"t"}, {"back"}, {OnnxWriter::integers("perm", {0, 2, 1})});
                w.node("Reshape", {"back", "shape"}, {"f"});
              }),
              {1, 2, 3, 4, 5, 6});
  check_close(outputs([&](OnnxWriter& w) {
                whole(w, "start", {-1});
                whole(w, "end", {-9});
                whole(w, "axis", {2});
                whole(w, "step", {-1});
                w.node("Slice", {"x", "start", "end", "axis", "step"}, {"f"});
              }),
              {3, 2, 1, 6, 5, 4});
  check_close(outputs([&](OnnxWriter& w) {
                w.node("Split", {"x"}, {"a", "b"}, {OnnxWriter::integer("axis", 1)});
                w.node("Concat", {"b", "a"}, {"f"}, {OnnxWriter::integer("axis", 1)});
              }),
              {4, 5, 6, 1, 2, 3});
  check_close(outputs([&](OnnxWriter& w) {
                w.initializer(OnnxWriter::floats("token", {1, 1, 3}, {7, 8, 9}));
                whole(w, "start", {0});
                whole(w, "end", {1});
                whole(w, "axis", {1});
                w.node("Slice", {"x", "start", "end", "axis"}, {"row"});
                w.node("Concat", {"token", "row"}, {"f"}, {OnnxWriter::integer("axis", 1)});
              }),
              {7, 8, 9, 1, 2, 3});
  check_close(outputs([&](OnnxWriter& w) {
                w.initializer(OnnxWriter::whole("index", {}, {1}));
                w.node("Gather", {"x", "index"}, {"row"}, {OnnxWriter::integer("axis", 1)});
                w.node("Concat", {"row", "row"}, {"f"}, {OnnxWriter::integer("axis", 1)});
              }),
              {4, 5, 6, 4, 5, 6});
}

TEST_CASE("matrices of two signals are multiplied for each head, and softmax runs over the axis that is named") {
  OnnxWriter writer;
  writer.input("x", {-1, 2, 2});
  writer.node("Transpose", {"x"}, {"t"}, {OnnxWriter::integers("perm", {0, 2, 1})});
  writer.node("MatMul", {"x", "t"}, {"p"});
  plain_norm(writer, "p", "norm", 2);
  writer.node("Softmax", {"norm"}, {"y"}, {OnnxWriter::integer("axis", 1)});
  writer.output("y");
  // x x^T = 5 11 | 11 25
  const double low = 1.0 / (1.0 + std::exp(6.0));
  const double lower = 1.0 / (1.0 + std::exp(14.0));
  check_close(outputs_of(read(writer), {1, 2, 3, 4}), {low, lower, 1.0 - low, 1.0 - lower});
}

TEST_CASE("the logarithm of a softmax runs over the axis that is named") {
  OnnxWriter writer;
  writer.input("x", {-1, 2, 2});
  plain_norm(writer, "x", "norm", 2);
  writer.node("LogSoftmax", {"norm"}, {"y"}, {OnnxWriter::integer("axis", 1)});
  writer.output("y");
  const double low = -std::log1p(std::exp(2.0));
  check_close(outputs_of(read(writer), {1, 2, 3, 4}), {low, low, 2.0 + low, 2.0 + low});
}

TEST_CASE("RMS normalization divides by the root of the mean square over the axes that it names") {
  OnnxWriter writer(23);
  writer.input("x", {-1, 2, 2});
  writer.initializer(OnnxWriter::floats("r.weight", {2, 2}, {1, 2, 3, 4}));
  writer.node("RMSNormalization", {"x", "r.weight"}, {"r"}, {OnnxWriter::integer("axis", 1), OnnxWriter::number("epsilon", 0.5F)});
  plain_norm(writer, "r", "y", 2);
  writer.output("y");
  // the mean square of 1, 1, 1 and 5 is 7
  const double root = std::sqrt(7.5);
  check_close(outputs_of(read(writer), {1, 1, 1, 5}), {1 / root, 2 / root, 3 / root, 20 / root});
}

TEST_CASE("a normalization written as several operations is one") {
  OnnxWriter writer(13);
  writer.input("x", {-1, 4});
  writer.initializer(OnnxWriter::floats("two", {}, {2.0F}));
  writer.initializer(OnnxWriter::floats("small", {}, {0.25F}));
  writer.initializer(OnnxWriter::floats("gain", {4}, {1, 2, 3, 4}));
  writer.initializer(OnnxWriter::floats("shift", {4}, {0, 1, 0, 1}));
  const std::vector<OnnxWriter::Attribute> last = {OnnxWriter::integers("axes", {-1})};
  writer.node("ReduceMean", {"x"}, {"mean"}, last);
  writer.node("Sub", {"x", "mean"}, {"d"});
  writer.node("Pow", {"d", "two"}, {"square"});
  writer.node("ReduceMean", {"square"}, {"variance"}, last);
  writer.node("Add", {"variance", "small"}, {"sum"});
  writer.node("Sqrt", {"sum"}, {"sd"});
  writer.node("Div", {"d", "sd"}, {"x_hat"});
  writer.node("Mul", {"x_hat", "gain"}, {"scaled"});
  writer.node("Add", {"scaled", "shift"}, {"y"});
  writer.output("y");
  const models::ForeignModel model = read(writer);
  REQUIRE(model.norms.size() == 1);
  CHECK(model.norms[0].type == "layer");
  CHECK(model.norms[0].epsilon == 0.25);
  CHECK(!has(model.network, "pooling"));
  const double sd = std::sqrt(1.25 + 0.25);
  check_close(outputs_of(model, {1, 2, 3, 4}), {-1.5 / sd, -1.0 / sd + 1.0, 1.5 / sd, 6.0 / sd + 1.0});
}

}  // namespace normrun::test
