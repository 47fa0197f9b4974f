#include "study/repaired_file.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/onnx_edit.hpp"
#include "files/onnx_file.hpp"

namespace normrun::study {
namespace {

constexpr std::size_t kLargestModel = std::size_t{1} << 34;

/// Writes numbers over the bytes of a tensor.
void overwrite(const models::TensorPlace& place, const std::vector<double>& values, std::string& bytes) {
  const std::size_t width = place.dtype == "F64" ? 8 : place.dtype == "F32" ? 4 : 2;
  const auto begin = static_cast<std::size_t>(place.begin);
  if (place.begin < 0 || static_cast<std::size_t>(place.bytes) != width * values.size() || begin + width * values.size() > bytes.size())
    throw Error(ExitCode::kDamaged, {place.file, "the file is not what it was when it was read", "start again"});
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t to = place.order.empty() ? i : static_cast<std::size_t>(place.order[i]);
    const std::uint64_t bits = width == 8 ? std::bit_cast<std::uint64_t>(values[i])
                                          : static_cast<std::uint64_t>(std::bit_cast<std::uint32_t>(static_cast<float>(values[i])));
    for (std::size_t b = 0; b < width; ++b) bytes[begin + to * width + b] = static_cast<char>(bits >> (8 * b));
  }
}

/// Overwrites the statistics of one model's files.
class Rewriter {
 public:
  Rewriter(const models::ForeignModel& model, const ModelRepair& repair) : model_(model), repair_(repair) {
    for (const models::ForeignNorm& norm : model.norms) {
      put(norm, norm.mean, "moving_mean", 3);
      put(norm, norm.variance, "moving_variance", 4);
    }
  }

  std::vector<RepairedFile> take(const std::string& provenance, const std::string& out) {
    std::string& own = bytes_of(model_.path);
    if (!initializers_.empty()) own = files::with_initializers(own, initializers_, inputs_, model_.path);
    if (model_.format == models::FileFormat::kOnnx) own = files::with_metadata(own, "normrun.repair", provenance);
    std::vector<RepairedFile> files;
    take_external_data();
    for (const auto& [path, bytes] : bytes_) {
      if (path == model_.path) continue;
      const std::filesystem::path moved = std::filesystem::path(out).parent_path() / std::filesystem::path(path).filename();
      std::error_code none;
      const bool is_shared = std::filesystem::exists(moved) && std::filesystem::equivalent(moved, path, none);
      if (is_shared && changed_.contains(path))
        refuse_usage("-o", "the statistics are in " + path + ", which the new model would share with the old one",
                     "write to another folder");
      if (!is_shared) files.push_back({moved.string(), bytes});
    }
    files.push_back({out, own});
    return files;
  }

 private:
  std::string& bytes_of(const std::string& path) {
    const auto known = bytes_.find(path);
    return known != bytes_.end() ? known->second : bytes_.emplace(path, files::read_file(path, kLargestModel)).first->second;
  }
  /// The new model needs the files beside the old one that hold its other tensors, because an ONNX file names them by their paths.
  void take_external_data() {
    if (model_.format != models::FileFormat::kOnnx) return;
    for (const auto& [path, bytes] : files::read_onnx(model_.path).contents) bytes_.emplace(path, *bytes);
  }
  const files::Tensor* find(const std::string& name) const {
    const auto found =
        std::find_if(repair_.statistics.begin(), repair_.statistics.end(), [&](const files::Tensor& one) { return one.name == name; });
    return found == repair_.statistics.end() ? nullptr : &*found;
  }

  void put(const models::ForeignNorm& norm, const std::optional<models::TensorPlace>& place, const char* role, std::size_t input) {
    const files::Tensor* const tensor = find(norm.layer + "." + role);
    if (tensor == nullptr || !place) return;
    const bool has_own_bytes =
        place->begin >= 0 && place->shared.empty() && !place->is_computed && place->dtype != "F16" && place->dtype != "BF16";
    if (has_own_bytes) {
      changed_.insert(place->file);
      return overwrite(*place, tensor->values, bytes_of(place->file));
    }
    if (model_.format != models::FileFormat::kOnnx)
      refuse_usage(model_.path, "the statistics of " + norm.layer + " have no bytes of their own",
                   "write the statistics alone: -o FILE.safetensors");
    std::vector<float> values(tensor->values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      values[place->order.empty() ? i : static_cast<std::size_t>(place->order[i])] = static_cast<float>(tensor->values[i]);
    const std::string name = norm.layer + "." + role;
    initializers_.push_back({name, std::move(values)});
    inputs_.push_back({norm.node, input, name});
  }

  const models::ForeignModel& model_;
  const ModelRepair& repair_;
  std::map<std::string, std::string> bytes_;
  std::set<std::string> changed_;  // the files whose bytes have changed
  std::vector<files::NewInitializer> initializers_;
  std::vector<files::NewInput> inputs_;
};

/// Returns a file with the statistics alone, under the names that they have in the model.
std::string statistics_alone(const models::ForeignModel& model, const ModelRepair& repair, const std::string& provenance) {
  files::TensorFile file;
  file.metadata["normrun.repair"] = provenance;
  for (files::Tensor tensor : repair.statistics) {
    for (const models::ForeignNorm& norm : model.norms) {
      if (norm.mean && tensor.name == norm.layer + ".moving_mean") tensor.name = norm.mean->tensor;
      if (norm.variance && tensor.name == norm.layer + ".moving_variance") tensor.name = norm.variance->tensor;
    }
    file.tensors.push_back(std::move(tensor));
  }
  return files::format_safetensors(file);
}

}  // namespace

std::vector<RepairedFile> repaired_files(const models::ForeignModel& model, const ModelRepair& repair, const std::string& provenance,
                                         const std::string& out) {
  const bool is_alone = model.format == models::FileFormat::kOnnx && out.ends_with(".safetensors");
  if (is_alone) return {{out, statistics_alone(model, repair, provenance)}};
  return Rewriter(model, repair).take(provenance, out);
}

}  // namespace normrun::study
