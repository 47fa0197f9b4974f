// What the reader tells of a model beside its outputs, and what it refuses.
#include <cmath>
#include <cstring>

#include "models/model_rig.hpp"

namespace normrun::test {
namespace {

/// Dense, batch norm: every number of it is asked for by a test.
OnnxWriter small_model() {
  OnnxWriter writer;
  writer.input("x", {-1, 2});
  writer.initializer(OnnxWriter::floats("fc.weight", {3, 2}, {1, 2, 3, 4, 5, 6}));
  writer.initializer(OnnxWriter::floats("bn.weight", {3}, {1, 1, 2}));
  writer.initializer(OnnxWriter::floats("bn.bias", {3}, {0, 1, 0}, TensorField::kListed));
  writer.initializer(OnnxWriter::floats("bn.running_mean", {3}, {0.5F, 1, 1.5F}));
  writer.node("Constant", {}, {"bn.running_var"}, {OnnxWriter::tensor("value", OnnxWriter::floats("", {3}, {1, 4, 1}))});
  writer.node("Gemm", {"x", "fc.weight"}, {"h"}, {OnnxWriter::integer("transB", 1)});
  writer.node("BatchNormalization", {"h", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"}, {"y"},
              {OnnxWriter::number("epsilon", 1e-5F), OnnxWriter::number("momentum", 0.9F)}, "norm");
  writer.output("y");
  return writer;
}

class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& name) : path_(std::filesystem::temp_directory_path() / ("normrun_" + name)) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_ / "inner");
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return path_ / name;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Outcome outcome_of_model(const OnnxWriter& writer) {
  return outcome_of([&] { read(writer); });
}

}  // namespace

TEST_CASE("the reader tells where the file has each statistic, to the byte") {
  const std::string bytes = small_model().bytes();
  const models::ForeignModel model = read(small_model());
  REQUIRE(model.norms.size() == 1);
  const models::ForeignNorm& norm = model.norms[0];
  CHECK(norm.layer == "bn");
  CHECK(norm.epsilon == 1e-5);
  CHECK(norm.momentum == 0.9);
  CHECK(!norm.uses_batch);
  const auto stored = [&](const std::optional<models::TensorPlace>& place) {
    REQUIRE(place.has_value());
    REQUIRE(place->begin >= 0);
    CHECK(place->dtype == "F32");
    Floats values(static_cast<std::size_t>(place->bytes) / sizeof(float));
    std::memcpy(values.data(), bytes.data() + place->begin, static_cast<std::size_t>(place->bytes));
    return values;
  };
  CHECK(stored(norm.gamma) == Floats{1, 1, 2});
  CHECK(stored(norm.beta) == Floats{0, 1, 0});
  CHECK(stored(norm.mean) == Floats{0.5F, 1, 1.5F});
  CHECK(stored(norm.variance) == Floats{1, 4, 1});
  CHECK(norm.variance->tensor == "bn.running_var");
  CHECK(norm.mean->shared.empty());
  const double inv = 1.0 / std::sqrt(1.0 + 1e-5);
  check_close(outputs_of(model, {1, 1}), {2.5 * inv, 6.0 / std::sqrt(4.0 + 1e-5) + 1.0, 2.0 * 9.5 * inv});
}

TEST_CASE("what the metadata tell of the training is known") {
  OnnxWriter writer = small_model();
  writer.metadata("normrun.bn.updates", "38");
  writer.metadata("normrun.bn.momentum", "0.75");
  writer.metadata("normrun.bn.moving_variance", "biased");
  const models::ForeignModel model = read(writer);
  CHECK(model.norms.at(0).momentum == 0.75);
  CHECK(has(model.network, R"("momentum": 0.75)"));
  CHECK(!has(model.network, "unbiased"));
  CHECK(has(read(small_model()).network, "unbiased"));  // PyTorch's rule, where the file does not tell
  const nn::Network<double> network(models::layers_of(model), model.input);
  CHECK(models::numbers_of(model, network).state[6] == 38.0);
  for (const std::string& untold : model.untold) {
    CHECK(!has(untold, "updated"));
    CHECK(!has(untold, "biased"));
  }
}

TEST_CASE("metadata about the training that mean nothing are damage, which is named") {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"updates", "many"}, {"updates", "3.5"},  {"updates", "-1"},          {"updates", ""},
      {"momentum", "1.5"}, {"momentum", "nan"}, {"moving_variance", "true"}};
  for (const auto& [name, value] : wrong) {
    OnnxWriter writer = small_model();
    writer.metadata("normrun.bn." + name, value);
    const Outcome outcome = outcome_of_model(writer);
    CHECK(outcome.code == ExitCode::kDamaged);
    CHECK(has(outcome.text, "model.onnx: metadata normrun.bn." + name));
  }
}

TEST_CASE("statistics that share a tensor with others name them") {
  OnnxWriter writer;
  writer.input("x", {-1, 2});
  writer.initializer(OnnxWriter::floats("one", {2}, {1, 1}));
  writer.initializer(OnnxWriter::floats("zero", {2}, {0, 0}));
  for (const char* const name : {"a.weight", "a.running_var"}) writer.node("Identity", {"one"}, {name});
  for (const char* const name : {"a.bias", "a.running_mean"}) writer.node("Identity", {"zero"}, {name});
  writer.node("BatchNormalization", {"x", "a.weight", "a.bias", "a.running_mean", "a.running_var"}, {"y"});
  writer.output("y");
  const models::ForeignModel model = read(writer);
  CHECK(model.norms.at(0).variance->tensor == "one");
  CHECK(model.norms.at(0).variance->shared == std::vector<std::string>{"a.gamma"});
  CHECK(model.norms.at(0).mean->shared == std::vector<std::string>{"a.beta"});
}

TEST_CASE("NaN, zero and negative statistics are read as they are") {
  OnnxWriter writer;
  writer.input("x", {-1, 3});
  writer.initializer(OnnxWriter::floats("g", {3}, {1, 1, 1}));
  writer.initializer(OnnxWriter::floats("m", {3}, {NAN, 0, 0}));
  writer.initializer(OnnxWriter::floats("v", {3}, {1, 0, -1}));
  writer.node("BatchNormalization", {"x", "g", "g", "m", "v"}, {"y"});
  writer.output("y");
  const models::ForeignModel model = read(writer);
  const nn::Network<double> network(models::layers_of(model), model.input);
  const nn::Model<double> numbers = models::numbers_of(model, network);
  CHECK(std::isnan(numbers.state[0]));
  CHECK(numbers.state[4] == 0.0);
  CHECK(numbers.state[5] == -1.0);
  CHECK(numbers.state[6] == nn::kUnknownUpdates);
}

TEST_CASE("a norm that computes its statistics from the batch is told, and its graph falls away") {
  OnnxWriter writer;
  writer.input("x", {-1, 1, 2});
  writer.initializer(OnnxWriter::floats("g", {1}, {1}));
  writer.initializer(OnnxWriter::floats("b", {1}, {0}));
  const std::vector<OnnxWriter::Attribute> over = {OnnxWriter::integers("axes", {0, 2}), OnnxWriter::integer("keepdims", 0)};
  writer.node("ReduceMean", {"x"}, {"mean"}, over);
  writer.node("ReduceMean", {"x"}, {"kept"}, {OnnxWriter::integers("axes", {0, 2})});
  writer.node("Sub", {"x", "kept"}, {"d"});
  writer.node("Mul", {"d", "d"}, {"square"});
  writer.node("ReduceMean", {"square"}, {"variance"}, over);
  writer.node("BatchNormalization", {"x", "g", "b", "mean", "variance"}, {"y"}, {OnnxWriter::number("epsilon", 0.0F)});
  writer.output("y");
  const models::ForeignModel model = read(writer);
  CHECK(model.uses_batch());
  CHECK(!model.norms.at(0).is_tracked);
  Mode by_batch = kEvalMode;
  by_batch.statistics = Statistics::kBatch;
  check_close(outputs_of(model, {1, 3, 1, 3}, by_batch), {-1, 1, -1, 1});
}

TEST_CASE("a batch that the exporter wrote into a shape is the batch all the same") {
  for (const std::vector<Index>& shape : {std::vector<Index>{2, 4}, {2, -1}, {-1, 4}}) {
    OnnxWriter writer;
    writer.input("x", {2, 2, 2});
    plain_norm(writer, "x", "n", 2);
    writer.initializer(OnnxWriter::whole("shape", {2}, shape));
    writer.node("Reshape", {"n", "shape"}, {"y"});
    writer.output("y");
    const models::ForeignModel model = read(writer);
    CHECK(model.file_output == std::vector<Index>{4});
    check_close(outputs_of(model, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}), {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  }
}

TEST_CASE("everything that cannot be read is in one message") {
  OnnxWriter writer;
  writer.input("x", {-1, 2});
  writer.node("NonZero", {"x"}, {"a"});
  writer.node("Unique", {"a"}, {"b"});
  writer.node("Unique", {"b"}, {"y"});
  writer.output("y");
  const Outcome outcome = outcome_of_model(writer);
  CHECK(outcome.code == ExitCode::kUsage);
  CHECK(has(outcome.text, "NonZero"));
  CHECK(has(outcome.text, "Unique (2 times)"));
}

TEST_CASE("a folded model is answered with the line that keeps its norms") {
  OnnxWriter writer;
  writer.input("x", {-1, 2});
  writer.node("Relu", {"x"}, {"y"});
  writer.output("y");
  const Outcome outcome = outcome_of_model(writer);
  CHECK(outcome.code == ExitCode::kUsage);
  CHECK(has(outcome.text, "optimize=False"));
}

TEST_CASE("opsets, inputs and sizes that are not read are refused") {
  OnnxWriter old(8);
  old.input("x", {-1, 2});
  plain_norm(old, "x", "y", 2);
  old.output("y");
  CHECK(outcome_of_model(old).code == ExitCode::kUsage);
  OnnxWriter several;
  several.input("x", {-1, 2});
  several.input("z", {-1, 2});
  several.node("Add", {"x", "z"}, {"s"});
  plain_norm(several, "s", "y", 2);
  several.output("y");
  CHECK(has(outcome_of_model(several).text, "2 inputs (x, z)"));
  OnnxWriter open;
  open.input("x", {-1, 2, -1});
  plain_norm(open, "x", "y", 2);
  open.output("y");
  CHECK(has(outcome_of_model(open).text, "axis 2"));  // read_model() gives it a size
}

TEST_CASE("a batch normalization that lacks an input is refused") {
  const std::vector<std::string> all = {"x", "ones", "zeros", "zeros", "ones"};
  for (std::size_t count = 1; count < all.size(); ++count) {
    OnnxWriter writer;
    writer.input("x", {-1, 2});
    writer.initializer(OnnxWriter::floats("ones", {2}, {1, 1}));
    writer.initializer(OnnxWriter::floats("zeros", {2}, {0, 0}));
    writer.node("BatchNormalization", {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)}, {"y"});
    writer.output("y");
    CAPTURE(count);
    const Outcome outcome = outcome_of_model(writer);
    CHECK(outcome.code == ExitCode::kUsage);
    CHECK(has(outcome.text, "BatchNormalization \"y\""));
  }
}

TEST_CASE("a file that is cut off anywhere is damaged") {
  const std::string bytes = small_model().bytes();
  REQUIRE(outcome_of([&] { models::model_of(files::parse_onnx(bytes, "model.onnx")); }).code == ExitCode::kDone);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Outcome outcome = outcome_of([&] { models::model_of(files::parse_onnx(bytes.substr(0, size), "model.onnx")); });
    CAPTURE(size);
    CHECK(outcome.code == ExitCode::kDamaged);
    CHECK(has(outcome.text, "model.onnx"));
  }
}

TEST_CASE("sizes beyond what the file holds are refused before anything is made for them") {
  const auto with_tensor = [](const std::string& tensor) {
    OnnxWriter writer;
    writer.input("x", {-1, 2});
    writer.initializer(tensor);
    writer.node("Mul", {"x", "k"}, {"f"});
    plain_norm(writer, "f", "y", 2);
    writer.output("y");
    return outcome_of_model(writer);
  };
  CHECK(with_tensor(OnnxWriter::floats("k", {Index{1} << 40, Index{1} << 40}, {1})).code == ExitCode::kDamaged);
  CHECK(with_tensor(OnnxWriter::floats("k", {Index{1} << 50}, {1})).code == ExitCode::kDamaged);
  CHECK(with_tensor(OnnxWriter::floats("k", {-2}, {1})).code == ExitCode::kDamaged);
  CHECK(with_tensor(OnnxWriter::floats("k", {3}, {1})).code == ExitCode::kDamaged);
  OnnxWriter writer;
  writer.input("x", {-1, 2});
  writer.initializer(OnnxWriter::whole("shape", {2}, {Index{1} << 30, Index{1} << 30}));
  writer.node("ConstantOfShape", {"shape"}, {"k"});
  writer.node("Add", {"x", "k"}, {"f"});
  plain_norm(writer, "f", "y", 2);
  writer.output("y");
  CHECK(outcome_of_model(writer).code == ExitCode::kUsage);
  OnnxWriter large;
  large.input("x", {-1, Index{1} << 40});
  plain_norm(large, "x", "y", 2);
  large.output("y");
  CHECK(outcome_of_model(large).code == ExitCode::kDamaged);
}

TEST_CASE("sizes in attributes that no machine could hold are refused before anything is made for them") {
  static constexpr Index kHuge = Index{1} << 40;
  const auto code_of = [](const std::string& op, const std::vector<std::string>& inputs,
                          const std::vector<OnnxWriter::Attribute>& attributes) {
    OnnxWriter writer;
    writer.input("x", {-1, 2, 8, 8});
    writer.initializer(OnnxWriter::floats("w", {2, 2, 1, 1}, Floats(4, 1.0F)));
    writer.initializer(OnnxWriter::floats("scales", {4}, {1, 1, 1e12F, 1}));
    writer.initializer(OnnxWriter::whole("pads", {8}, {0, 0, kHuge, 0, 0, 0, 0, 0}));
    writer.node(op, inputs, {"f"}, attributes);
    plain_norm(writer, "f", "y", 2);
    writer.output("y");
    return outcome_of_model(writer).code;
  };
  const auto huge = [](const std::string& name, std::size_t count) { return OnnxWriter::integers(name, std::vector<Index>(count, kHuge)); };
  CHECK(code_of("Conv", {"x", "w"}, {}) == ExitCode::kDone);
  CHECK(code_of("Conv", {"x", "w"}, {huge("pads", 4)}) == ExitCode::kUsage);
  CHECK(code_of("Conv", {"x", "w"}, {huge("dilations", 2)}) == ExitCode::kUsage);
  CHECK(code_of("Conv", {"x", "w"}, {OnnxWriter::integer("group", kHuge)}) != ExitCode::kDone);
  CHECK(code_of("ConvTranspose", {"x", "w"}, {huge("strides", 2)}) == ExitCode::kUsage);
  CHECK(code_of("MaxPool", {"x"}, {huge("kernel_shape", 2), huge("pads", 4)}) == ExitCode::kUsage);
  CHECK(code_of("Resize", {"x", "", "scales"}, {}) == ExitCode::kUsage);
  CHECK(code_of("Pad", {"x", "pads"}, {}) == ExitCode::kUsage);
}

TEST_CASE("external data are read beside the model, and nowhere else") {
  const TemporaryFolder folder("external");
  const Floats values = {9, 1, 2};
  std::string data(values.size() * sizeof(float), '\0');
  std::memcpy(data.data(), values.data(), data.size());
  folder.write("inner/model.data", data);
  folder.write("secret.data", data);
  std::filesystem::create_symlink(folder.path() / "secret.data", folder.path() / "inner" / "link.data");
  const auto outcome_with = [&](const std::string& location, Index offset, Index length, models::ForeignModel* model = nullptr) {
    OnnxWriter writer;
    writer.input("x", {-1, 2});
    writer.initializer(OnnxWriter::external("n.running_mean", {2}, location, offset, length));
    writer.initializer(OnnxWriter::floats("one", {2}, {1, 1}));
    writer.node("BatchNormalization", {"x", "one", "one", "n.running_mean", "one"}, {"y"});
    writer.output("y");
    const std::filesystem::path path = folder.write("inner/model.onnx", writer.bytes());
    return outcome_of([&] {
      models::ForeignModel read = models::read_model(path);
      if (model != nullptr) *model = std::move(read);
    });
  };
  models::ForeignModel model;
  CHECK(outcome_with("model.data", 4, 8, &model).code == ExitCode::kDone);
  CHECK(model.weights.find("n.moving_mean")->values == Numbers{1, 2});
  CHECK(model.norms.at(0).mean->begin == 4);
  CHECK(has(model.norms.at(0).mean->file, "model.data"));
  for (const std::string& outside :
       {std::string("../secret.data"), (folder.path() / "secret.data").string(), std::string("link.data"), std::string(".")})
    CHECK(outcome_with(outside, 4, 8).code == ExitCode::kDamaged);
  CHECK(outcome_with("model.data", 8, 8).code == ExitCode::kDamaged);
  CHECK(outcome_with("model.data", 4, 7).code == ExitCode::kDamaged);
  CHECK(outcome_with("model.data", Index{1} << 62, 8).code == ExitCode::kDamaged);
  CHECK(outcome_with("none.data", 4, 8).code == ExitCode::kUsage);
}

}  // namespace normrun::test
