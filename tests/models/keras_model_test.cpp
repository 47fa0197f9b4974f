#include "models/keras_model.hpp"

#include <cmath>

#include "models/model_rig.hpp"

namespace normrun::test {
namespace {

std::string layer(const std::string& kind, const std::string& name, const std::string& options, const std::string& reads = "") {
  std::string text =
      R"({"class_name": ")" + kind + R"(", "config": {"name": ")" + name + "\"" + (options.empty() ? "" : ", ") + options + "}";
  if (!reads.empty()) text += R"(, "inbound_nodes": [{"args": [)" + reads + "]}]";
  return text + "}";
}

std::string tensor_of(const std::string& name) {
  return R"({"class_name": "__keras_tensor__", "config": {"keras_history": [")" + name + R"(", 0, 0]}})";
}

files::TensorFile file_of_config(const std::string& config, std::vector<files::Tensor> tensors) {
  files::TensorFile file;
  file.metadata[models::kKerasConfig] = config;
  file.tensors = std::move(tensors);
  return files::parse_safetensors(files::format_safetensors(file), "model.safetensors");
}

files::Tensor tensor(const std::string& name, std::vector<Index> shape, Numbers values) {
  return {.name = name, .shape = std::move(shape), .is_double = true, .values = std::move(values)};
}

std::vector<files::Tensor> norm_tensors(const std::string& name) {
  return {tensor(name + "/gamma", {2}, {1, 2}), tensor(name + "/beta", {2}, {0, 1}), tensor(name + "/moving_mean", {2}, {1, 1}),
          tensor(name + "/moving_variance", {2}, {4, 1})};
}

}  // namespace

TEST_CASE("a functional model of Keras is read with its joins") {
  const std::string config =
      R"({"class_name": "Functional", "config": {"name": "m", "layers": [)" + layer("InputLayer", "in", R"("batch_shape": [null, 2])") +
      "," + layer("BatchNormalization", "bn", R"("axis": -1, "momentum": 0.95, "epsilon": 0.0)", tensor_of("in")) + "," +
      layer("Add", "sum", "", "[" + tensor_of("bn") + ", " + tensor_of("in") + "]") + "," +
      layer("ReLU", "act", R"("max_value": 3.0, "negative_slope": 0.0)", tensor_of("sum")) + R"(], "output_layers": [["act", 0, 0]]}})";
  const models::ForeignModel model = models::model_of(file_of_config(config, norm_tensors("bn")), "model.safetensors");
  // bn(3, 5) = (1, 9); plus the input (4, 14); at most 3
  check_close(outputs_of(model, {3, 5, -2, 0}), {3, 3, 0, 0});
  REQUIRE(model.norms.size() == 1);
  CHECK(model.norms[0].layer == "bn");
  CHECK(model.norms[0].momentum == 0.95);
  CHECK(model.norms[0].mean->tensor == "bn/moving_mean");
  CHECK(model.norms[0].mean->begin > 0);
  CHECK(model.norms[0].mean->dtype == "F64");
  CHECK(model.format == models::FileFormat::kKeras);
}

TEST_CASE("activations of Keras that are two layers here give what they are called") {
  const auto outputs = [](const std::string& activation) {
    const std::string config = R"({"class_name": "Sequential", "config": {"name": "m", "layers": [)" +
                               layer("InputLayer", "in", R"("batch_shape": [null, 2])") + "," +
                               layer("BatchNormalization", "bn", R"("axis": -1, "epsilon": 0.0)") + "," +
                               layer("Activation", "act", R"("activation": ")" + activation + "\"") + "]}}";
    return outputs_of(models::model_of(file_of_config(config, norm_tensors("bn")), "model.safetensors"), {3, 0});
  };
  // the norm makes (1, -1) of (3, 0)
  const double first = 1.0;
  const double second = -1.0;
  check_close(outputs("selu"), {1.0507009873554805 * first, 1.0507009873554805 * 1.6732632423543772 * std::expm1(second)});
  check_close(outputs("log_softmax"), {-std::log1p(std::exp(second - first)), second - first - std::log1p(std::exp(second - first))});
}

TEST_CASE("a Sequential of Keras may put its own name before the paths of its weights") {
  const std::string config = R"({"class_name": "Sequential", "config": {"name": "outer", "layers": [)" +
                             layer("InputLayer", "in", R"("batch_shape": [null, 2])") + "," +
                             layer("BatchNormalization", "bn", R"("axis": -1, "epsilon": 0.0)") + "]}}";
  const models::ForeignModel model = models::model_of(file_of_config(config, norm_tensors("outer/bn")), "model.safetensors");
  check_close(outputs_of(model, {3, 5}), {1, 9});
  CHECK(model.norms.at(0).layer == "outer/bn");
  CHECK(model.norms.at(0).mean->tensor == "outer/bn/moving_mean");
}

TEST_CASE("the weights of a model inside a model may have the name of either model before their paths") {
  const std::string inner = R"({"class_name": "Sequential", "config": {"name": "inner", "layers": [)" + layer("RandomFlip", "flip", "") +
                            "," + layer("BatchNormalization", "bn", R"("axis": -1, "epsilon": 0.0)") + "]}}";
  const std::string config = R"({"class_name": "Sequential", "config": {"name": "outer", "layers": [)" +
                             layer("InputLayer", "in", R"("batch_shape": [null, 2])") + "," + inner + "," +
                             layer("BatchNormalization", "last", R"("axis": -1, "epsilon": 0.0)") + "]}}";
  const auto read_model = [&](const std::string& first, const std::string& second) {
    std::vector<files::Tensor> tensors = norm_tensors(first);
    for (files::Tensor& one : norm_tensors(second)) tensors.push_back(std::move(one));
    return models::model_of(file_of_config(config, std::move(tensors)), "model.safetensors");
  };
  for (const char* const first : {"inner/bn", "outer/inner/bn"}) {
    const models::ForeignModel model = read_model(first, "outer/last");
    // the norm makes (1, -1) of (3, 0), and (0, -3) of that
    check_close(outputs_of(model, {3, 0}), {0, -3});
    REQUIRE(model.norms.size() == 2);
    CHECK(model.norms[0].mean->tensor == std::string(first) + "/moving_mean");
    CHECK(model.norms[1].mean->tensor == "outer/last/moving_mean");
  }
}

TEST_CASE("the count of updates in a Keras file's metadata is known") {
  const std::string config = R"({"class_name": "Sequential", "config": {"layers": [)" +
                             layer("InputLayer", "in", R"("batch_shape": [null, 2])") + "," +
                             layer("BatchNormalization", "bn", R"("axis": -1)") + "]}}";
  files::TensorFile file = file_of_config(config, norm_tensors("bn"));
  CHECK(models::model_of(file, "model.safetensors").untold.size() == 1);
  file.metadata["normrun.bn.updates"] = "152";
  const models::ForeignModel model = models::model_of(file, "model.safetensors");
  CHECK(model.untold.empty());
  CHECK(model.weights.find("bn.updates")->values == Numbers{152});
}

TEST_CASE("a model of Keras that leaves the number of its steps open is read for the steps of the rows") {
  const std::string norm = layer("BatchNormalization", "bn", R"("axis": -1, "epsilon": 0.0)");
  const auto config = [&](const std::string& first) {
    return R"({"class_name": "Sequential", "config": {"layers": [)" + layer("InputLayer", "in", R"("batch_shape": [null, null, 2])") + "," +
           first + norm + "]}}";
  };
  const files::TensorFile file = file_of_config(config(""), norm_tensors("bn"));
  const models::ForeignModel model = models::model_of(file, "model.safetensors", {3, 2});
  CHECK(model.file_input == std::vector<Index>{3, 2});
  check_close(outputs_of(model, {3, 5, 1, 1, -1, 0}), {1, 9, 0, 1, -1, -1});
  CHECK(models::model_of(file, "model.safetensors").untold.back() == "the size of an example: (64, 2) is assumed");
  // Without rows the usual sizes are tried until the network takes one.
  const files::TensorFile cropped =
      file_of_config(config(layer("Cropping1D", "crop", R"("cropping": [100, 28])") + ","), norm_tensors("bn"));
  CHECK(models::model_of(cropped, "model.safetensors").file_output == std::vector<Index>{96, 2});
  const files::TensorFile joined = file_of_config(config(layer("Reshape", "join", R"("target_shape": [2])") + ","), norm_tensors("bn"));
  CHECK(models::model_of(joined, "model.safetensors").file_input == std::vector<Index>{1, 2});
  const Outcome outcome = outcome_of([&] { models::model_of(file, "model.safetensors", {3, 5}); });
  CHECK(outcome.code == ExitCode::kUsage);
  CHECK(has(outcome.text, "(3, 5)"));
}

TEST_CASE("a Masking layer of Keras reads the model's input, and tells its value") {
  const std::string norm = layer("BatchNormalization", "bn", R"("axis": -1, "epsilon": 0.0)");
  const std::string mask = layer("Masking", "mask", R"("mask_value": -1.5)");
  const auto file = [&](const std::string& layers) {
    return file_of_config(R"({"class_name": "Sequential", "config": {"layers": [)" +
                              layer("InputLayer", "in", R"("batch_shape": [null, 2, 2])") + "," + layers + "]}}",
                          norm_tensors("bn"));
  };
  check_close(outputs_of(models::model_of(file(mask + "," + norm), "m"), {3, 5, 1, 1}), {1, 9, 0, 1});
  CHECK(models::mask_value(file(mask + "," + norm)) == -1.5);
  CHECK(models::mask_value(file(norm)) == std::nullopt);
  const Outcome outcome = outcome_of([&] { models::model_of(file(norm + "," + mask), "m"); });
  CHECK(outcome.code == ExitCode::kUsage);
  CHECK(has(outcome.text, "mask"));
}

TEST_CASE("the directions of a Bidirectional are found by their names in a model of Keras that was loaded") {
  const auto config = [](const std::string& backward) {
    const auto cell = [](const std::string& name) {
      return R"({"class_name": "SimpleRNN", "config": {"name": ")" + name +
             R"(", "units": 1, "use_bias": false, "return_sequences": true}})";
    };
    return R"({"class_name": "Sequential", "config": {"layers": [)" + layer("InputLayer", "in", R"("batch_shape": [null, 2, 2])") + "," +
           layer("Bidirectional", "both", R"("layer": )" + cell("forward_rnn") + R"(, "backward_layer": )" + cell(backward)) + "," +
           layer("BatchNormalization", "bn", R"("axis": -1, "epsilon": 0.0)") + "]}}";
  };
  const auto outputs = [&](const std::string& forward_path, const std::string& backward_path, const std::string& backward) {
    std::vector<files::Tensor> tensors = norm_tensors("bn");
    for (const auto& [path, weight] : {std::pair(forward_path, 0.5), std::pair(backward_path, -1.0)}) {
      tensors.push_back(tensor(path + "/simple_rnn_cell/kernel", {2, 1}, {weight, 0.0}));
      tensors.push_back(tensor(path + "/simple_rnn_cell/recurrent_kernel", {1, 1}, {0.0}));
    }
    return outputs_of(models::model_of(file_of_config(config(backward), tensors), "m"), {1, 7, 2, 7});
  };
  // bn: gamma (1, 2), beta (0, 1), mean (1, 1), variance (4, 1)
  const Numbers expected = {(std::tanh(0.5) - 1) / 2, 2 * (std::tanh(-1.0) - 1) + 1, (std::tanh(1.0) - 1) / 2,
                            2 * (std::tanh(-2.0) - 1) + 1};
  check_close(outputs("both/forward_rnn", "both/backward_rnn", "backward_rnn"), expected);
  check_close(outputs("forward_rnn", "backward_rnn", "backward_rnn"), expected);
  check_close(outputs("both/forward_rnn", "both/other", "other"), expected);
}

TEST_CASE("layers of Keras that are missing are all in one message") {
  const std::string config = R"({"class_name": "Sequential", "config": {"layers": [)" +
                             layer("InputLayer", "in", R"("batch_shape": [null, 2])") + "," + layer("Embedding", "e", "") + "," +
                             layer("Lambda", "l", "") + "]}}";
  const Outcome outcome = outcome_of([&] { models::model_of(file_of_config(config, {}), "model.safetensors"); });
  CHECK(outcome.code == ExitCode::kUsage);
  CHECK(has(outcome.text, "Embedding"));
  CHECK(has(outcome.text, "Lambda"));
}

TEST_CASE("a Keras file whose weights do not fit its config is damaged") {
  const std::string config = R"({"class_name": "Sequential", "config": {"layers": [)" +
                             layer("InputLayer", "in", R"("batch_shape": [null, 3])") + "," +
                             layer("BatchNormalization", "bn", R"("axis": -1)") + "]}}";
  CHECK(outcome_of([&] { models::model_of(file_of_config(config, norm_tensors("bn")), "m"); }).code == ExitCode::kDamaged);
  CHECK(outcome_of([&] { models::model_of(file_of_config(config, {}), "m"); }).code == ExitCode::kDamaged);
  CHECK(outcome_of([&] { models::model_of(file_of_config("{\"class_name\"", {}), "m"); }).code == ExitCode::kDamaged);
}

TEST_CASE("a config of Keras that is cut off anywhere is damaged, and so is its file") {
  const std::string config = R"({"class_name": "Sequential", "config": {"layers": [)" +
                             layer("InputLayer", "in", R"("batch_shape": [null, 2])") + "," +
                             layer("BatchNormalization", "bn", R"("axis": -1)") + "]}}";
  const auto code_of = [](const auto& read) { return outcome_of(read).code; };
  REQUIRE(code_of([&] { models::model_of(file_of_config(config, norm_tensors("bn")), "m"); }) == ExitCode::kDone);
  for (std::size_t size = 0; size < config.size(); ++size) {
    CAPTURE(size);
    CHECK(code_of([&] { models::model_of(file_of_config(config.substr(0, size), norm_tensors("bn")), "m"); }) == ExitCode::kDamaged);
  }
  files::TensorFile file;
  file.metadata[models::kKerasConfig] = config;
  file.tensors = norm_tensors("bn");
  const std::string bytes = files::format_safetensors(file);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK(code_of([&] { models::model_of(files::parse_safetensors(bytes.substr(0, size), "m"), "m"); }) == ExitCode::kDamaged);
  }
}

TEST_CASE("sizes in a config of Keras that no machine could hold are refused before anything is made for them") {
  for (const std::string& size : {std::string("1099511627776"), std::string("9223372036854775807"), std::string("-3")}) {
    const auto of_layer = [&](const std::string& shape, const std::string& text) {
      const std::string config =
          R"({"class_name": "Sequential", "config": {"layers": [)" + layer("InputLayer", "in", shape) + "," + text + "]}}";
      return outcome_of([&] { models::model_of(file_of_config(config, norm_tensors("bn")), "m"); }).code;
    };
    CAPTURE(size);
    const std::string norm = layer("BatchNormalization", "bn", R"("axis": -1)");
    const std::string shape = R"("batch_shape": [null, 8, 8, 2])";
    CHECK(of_layer(R"("batch_shape": [null, )" + size + "]", norm) != ExitCode::kDone);
    CHECK(of_layer(R"("batch_shape": [null, 2, )" + size + "]", norm) != ExitCode::kDone);
    CHECK(of_layer(shape, layer("UpSampling2D", "up", R"("size": [)" + size + ", 2]") + "," + norm) != ExitCode::kDone);
    CHECK(of_layer(shape, layer("ZeroPadding2D", "pad", R"("padding": [[)" + size + ", 0], [0, 0]]") + "," + norm) != ExitCode::kDone);
  }
}

}  // namespace normrun::test
