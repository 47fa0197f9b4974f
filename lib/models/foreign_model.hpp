#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/options/document.hpp"
#include "core/shape.hpp"
#include "files/safetensors.hpp"
#include "nn/model.hpp"

namespace normrun::models {

enum class FileFormat { kOnnx, kKeras };

/// Where the numbers of one tensor lie in a file, so that they can be overwritten.
struct TensorPlace {
  std::string tensor;               // its name in the model: an initializer, the output of a Constant node, or a path of Keras
  std::string file;                 // the path of the model, or of its external data
  Index begin = -1;                 // the byte at which the numbers begin; -1: they are not stored as plain bytes (`encoding`)
  Index bytes = 0;                  // how many bytes they take
  std::string dtype = "F32";        // F64, F32, F16 or BF16; little-endian
  std::vector<Index> order;         // number i of normrun's tensor is number order[i] of the file's tensor; empty if the order is the same
  std::vector<std::string> shared;  // what else reads the same numbers, such as "bn2.running_var": overwriting them changes these, too
  bool is_computed = false;         // the graph computes the numbers from constants, so no bytes hold them
};

/// A normalization layer of the file, with what the network's layout does not tell about it.  The nn::Normalization of this layer has the
/// name `layer`.
struct ForeignNorm {
  std::string layer;  // its name in the network: the module's path, if the file tells the path
  std::string node;   // its name in the file, for messages about the graph
  std::string type;   // batch, layer, group, instance, rms
  double epsilon = 0.0;
  std::optional<double> momentum = std::nullopt;  // the weight of the old value; empty if the file does not tell it
  /// Whether the file computes the statistics from the batch whenever it runs: with training_mode=1, or by operations of the graph.  The
  /// file's own outputs are then those of train mode, not of eval mode.
  bool uses_batch = false;
  bool is_tracked = true;  // whether the file has moving statistics for it
  std::optional<TensorPlace> gamma = std::nullopt;
  std::optional<TensorPlace> beta = std::nullopt;
  std::optional<TensorPlace> mean = std::nullopt;
  std::optional<TensorPlace> variance = std::nullopt;
  std::optional<TensorPlace> updates = std::nullopt;  // the count of updates (num_batches_tracked), if the file has it
};

/// A trained model of another framework as a normrun network.
struct ForeignModel {
  FileFormat format = FileFormat::kOnnx;
  std::string path;
  std::string producer;           // "pytorch 2.13.0", "keras 3.15.1"; "" if the file does not tell
  std::string network;            // a JSON list: the config's "network", each layer with a name and, where needed, its inputs
  Shape input;                    // the shape of an example as the network reads it, channels last
  std::vector<Index> file_input;  // the shape of an example as the file has it, without the batch
  /// whether file_input has the channels first, so that an example must be transposed before the network reads it
  bool is_channels_first = false;
  std::vector<Index> file_output;   // the shape of an output as the file has it; the network gives its numbers in the same order
  files::TensorFile weights;        // under normrun's names and in its layouts, in double; NaN and negative numbers stay as they are
  std::vector<ForeignNorm> norms;   // in the order in which the network runs them
  std::vector<std::string> untold;  // what the file does not tell, one clause each
  /// Returns whether the outputs of the file depend on the batch.  The framework's outputs are then those of train mode.
  bool uses_batch() const;
  /// Whether the file stores moving statistics, or has no normalization that would need them.
  bool has_statistics() const;
};

/// Reads an .onnx file, with external data beside it, or a safetensors file with "keras.config" in its metadata.  The contents of the file
/// decide which, not its name.  `example`: the sizes of the rows that the model is to read, with the channels first or last, for a file
/// that leaves sizes open.  Without it such a file is read for images of some size that it takes; its weights do not depend on that. Throws
/// Error(kUsage) for operations that normrun does not have (all in one message), for a model without a normalization (with the export line
/// that keeps it), for a .keras file (with the two lines that write a safetensors), and for a missing file. Throws Error(kDamaged), with a
/// place, for a file that is damaged, external data outside of the model's folder, or sizes that exceed the file.
ForeignModel read_model(const std::filesystem::path& path, const std::vector<Index>& example = {});

/// Returns whether read_model would try to read the file.  It looks for the first bytes or the metadata of a model, which data, configs and
/// state dicts do not have.
bool is_foreign_model(const std::filesystem::path& path);

/// Returns the layers for an nn::Network: nn::Network<T>(layers_of(model), model.input).
std::vector<nn::LayerDescription> layers_of(const ForeignModel& model);

/// Returns a config's document with this network, but without "data" and "train": {"name": …, "network": […]}.
config::Document config_of(const ForeignModel& model);

/// Returns the model's numbers in the network's buffers.  NaN and negative statistics stay as they are.  The counts of updates are
/// nn::kUnknownUpdates unless the file has them.
template <class T>
nn::Model<T> numbers_of(const ForeignModel& model, const nn::Network<T>& network);

/// Returns examples in the network's order of axes; file_input has them in the file's order.  Both are (examples, size).  If the file has
/// its channels last, the orders are the same.
template <class T>
Matrix<T> network_input(const ForeignModel& model, ConstView<T> file_input);

}  // namespace normrun::models
