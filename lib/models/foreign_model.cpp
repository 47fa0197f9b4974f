#include "models/foreign_model.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "core/error.hpp"
#include "files/descriptor.hpp"
#include "files/foreign_format.hpp"
#include "files/onnx_file.hpp"
#include "models/keras_model.hpp"
#include "models/onnx_model.hpp"
#include "models/open_sizes.hpp"
#include "nn/layer_list.hpp"
#include "nn/registry.hpp"

namespace normrun::models {
namespace {

std::string first_bytes_of(const std::filesystem::path& path) {
  constexpr std::size_t kCount = 512;
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    refuse_usage(path.string(), "is a folder, not a model", "give the path of the model's file");
  // A stream that finds no memory for its buffer would look like a missing file.
  const files::Descriptor file(files::retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (file.get() < 0 && errno == ENOENT)
    refuse_usage(path.string(), "no such file", "give the path of an .onnx file, or of a safetensors file");
  if (file.get() < 0) files::throw_errno(ExitCode::kUsage, path.string(), "open");
  std::string bytes(kCount, '\0');
  std::size_t count = 0;
  while (count < kCount) {
    const ssize_t more = files::retry([&] { return ::read(file.get(), bytes.data() + count, kCount - count); });
    if (more < 0) files::throw_errno(ExitCode::kUsage, path.string(), "read");
    if (more == 0) break;
    count += static_cast<std::size_t>(more);
  }
  bytes.resize(count);
  return bytes;
}

bool is_keras_archive(const std::string& bytes) { return files::foreign_format(bytes).what.find("Keras") != std::string_view::npos; }

/// Returns whether the bytes begin as a safetensors file does: with a length of eight bytes, followed by a JSON object.
bool looks_like_safetensors(const std::string& bytes) {
  return bytes.size() > 9 && bytes[8] == '{' && bytes.compare(5, 3, std::string(3, '\0')) == 0;
}

bool holds_keras_config(const std::filesystem::path& path, const std::string& bytes) {
  return looks_like_safetensors(bytes) && files::read_safetensors(path.string()).metadata.contains(kKerasConfig);
}

/// Reads a graph whose file may leave the sizes of an example open.
ForeignModel model_with_sizes(files::OnnxFile file, const std::vector<Index>& example) {
  std::vector<Index> sizes = sizes_of_example(file);
  if (!has_open_sizes(sizes)) return model_of(file);
  const auto read = [&](const std::vector<Index>& taken) {
    files::OnnxFile sized = file;
    set_sizes_of_example(taken, sized);
    return model_of(sized);
  };
  if (example.empty()) return read_at_usual_size(sizes, read);
  take_sizes(example, sizes);
  return read(sizes);
}

/// The list of layers of a config, alone.
struct NetworkList final : config::Described {
  nn::LayerList network;
  void describe(config::OptionVisitor& visitor) override {
    visitor.tagged_list({"network", "the layers, first to last"}, network, nn::layer_family());
  }
};

}  // namespace

bool ForeignModel::uses_batch() const {
  return std::any_of(norms.begin(), norms.end(), [](const ForeignNorm& norm) { return norm.uses_batch; });
}

bool ForeignModel::has_statistics() const {
  return !uses_batch() || std::any_of(norms.begin(), norms.end(), [](const ForeignNorm& norm) { return norm.is_tracked; });
}

bool is_foreign_model(const std::filesystem::path& path) {
  const std::string bytes = first_bytes_of(path);
  // A file with the ending .onnx is read as ONNX, so that the message about a damaged one speaks of ONNX.
  return path.extension() == ".onnx" || files::looks_like_onnx(bytes) || is_keras_archive(bytes) || holds_keras_config(path, bytes);
}

ForeignModel read_model(const std::filesystem::path& path, const std::vector<Index>& example) {
  const std::string bytes = first_bytes_of(path);
  if (is_keras_archive(bytes)) {
    refuse_usage(
        path.string(), std::string(files::foreign_format(bytes).what) + ", which normrun does not read",
        "write arrays with numpy.save and tables with to_csv; of a Keras model write the graph and the weights into one safetensors: from "
        "safetensors.numpy import save_file; "
        "save_file({w.path: w.numpy() for w in model.weights}, \"model.safetensors\", metadata={\"keras.config\": model.to_json()})");
  }
  if (looks_like_safetensors(bytes)) {
    const files::TensorFile file = files::read_safetensors(path.string());
    if (!file.metadata.contains(kKerasConfig))
      refuse_usage(path.string(), "these are weights without the graph that they belong to",
                   "name a config with the network beside it, or export an .onnx file");
    return model_of(file, path.string(), example);
  }
  if (path.extension() != ".onnx" && !files::looks_like_onnx(bytes)) {
    files::refuse_foreign(path.string(), bytes);
    throw Error(ExitCode::kDamaged, Problem{path.string(), "is no model: neither ONNX nor safetensors", "give an .onnx file"});
  }
  return model_with_sizes(files::read_onnx(path), example);
}

std::vector<nn::LayerDescription> layers_of(const ForeignModel& model) {
  NetworkList list;
  std::vector<Problem> problems;
  config_of(model).read("", list, problems, {"name"});
  if (!problems.empty()) throw Error(ExitCode::kUsage, problems);
  return nn::describe_layers(list.network, nullptr);
}

config::Document config_of(const ForeignModel& model) {
  return config::Document::parse("{\"network\": " + model.network + "}", model.path);
}

template <class T>
nn::Model<T> numbers_of(const ForeignModel& model, const nn::Network<T>& network) {
  nn::Model<T> numbers = nn::fresh_model(network, 0);
  std::map<std::string, const files::Tensor*> tensors;
  for (const files::Tensor& tensor : model.weights.tensors) tensors[tensor.name] = &tensor;
  const auto fill = [&](const auto& entry, Index size, auto out) {
    const auto found = tensors.find(entry.layer + "." + entry.name);
    if (found == tensors.end()) return false;
    const std::vector<double>& values = found->second->values;
    if (static_cast<Index>(values.size()) != size)
      throw Error(ExitCode::kDamaged,
                  Problem{model.path + ": " + found->first, "has " + std::to_string(values.size()) + " numbers for " + std::to_string(size),
                          "export the model again"});
    std::transform(values.begin(), values.end(), out, [](double value) { return static_cast<T>(value); });
    return true;
  };
  for (const nn::ParamEntry& entry : network.layout().params) fill(entry, entry.id.size, numbers.params.begin() + entry.id.offset);
  for (const nn::StateEntry& entry : network.layout().states) {
    const bool is_filled = fill(entry, entry.id.size, numbers.state.begin() + entry.id.offset);
    if (!is_filled && entry.name == "updates")
      numbers.state[static_cast<std::size_t>(entry.id.offset)] = static_cast<T>(nn::kUnknownUpdates);
  }
  return numbers;
}

template <class T>
Matrix<T> network_input(const ForeignModel& model, ConstView<T> file_input) {
  Matrix<T> out(file_input.rows, file_input.cols);
  const Index channels = model.is_channels_first ? model.file_input.front() : 1;
  const Index positions = file_input.cols / channels;
  for (Index row = 0; row < file_input.rows; ++row) {
    for (Index c = 0; c < channels; ++c) {
      for (Index p = 0; p < positions; ++p) out.view()(row, p * channels + c) = file_input(row, c * positions + p);
    }
  }
  return out;
}

template nn::Model<float> numbers_of(const ForeignModel&, const nn::Network<float>&);
template nn::Model<double> numbers_of(const ForeignModel&, const nn::Network<double>&);
template Matrix<float> network_input(const ForeignModel&, ConstView<float>);
template Matrix<double> network_input(const ForeignModel&, ConstView<double>);

}  // namespace normrun::models
