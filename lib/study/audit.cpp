#include "study/audit.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/error.hpp"
#include "core/median.hpp"
#include "files/safetensors.hpp"
#include "fmt/format.h"
#include "models/foreign_model.hpp"
#include "nn/averages.hpp"
#include "study/experiment.hpp"

namespace normrun::study {
namespace {

using Channels = std::vector<std::size_t>;

template <class Test>
Channels channels_where(const std::vector<double>& values, const Test& test) {
  Channels found;
  for (std::size_t c = 0; c < values.size(); ++c)
    if (test(values[c])) found.push_back(c);
  return found;
}

/// Returns a text such as "3 of 12 channels (0 4 7)".
std::string count_words(const Channels& channels, std::size_t of) {
  constexpr std::size_t kListed = 8;
  std::string list;
  for (std::size_t i = 0; i < std::min(channels.size(), kListed); ++i) list += (i > 0 ? " " : "") + std::to_string(channels[i]);
  return fmt::format("{} of {} channels ({}{})", channels.size(), of, list, channels.size() > kListed ? " …" : "");
}

bool are_all(const std::vector<double>& values, double value) {
  return !values.empty() && std::all_of(values.begin(), values.end(), [&](double one) { return one == value; });
}
bool are_constant(const std::vector<double>& values) { return values.size() > 2 && are_all(values, values.front()); }

/// Collects the findings of one file.
class Auditor {
 public:
  explicit Auditor(const std::vector<AuditedNorm>& norms) : norms_(norms) {}

  std::vector<AuditFinding> take() {
    for (const AuditedNorm& norm : norms_) audit_layer(norm);
    audit_scales();
    compare_layers("epsilon", [](const AuditedNorm& norm) { return norm.epsilon; });
    compare_layers("momentum", [](const AuditedNorm& norm) { return norm.momentum; });
    return std::move(findings_);
  }

 private:
  void add(const AuditedNorm& norm, const char* kind, const std::string& words) { findings_.push_back({norm.layer, kind, words}); }
  void add_channels(const AuditedNorm& norm, const char* kind, const Channels& channels, std::size_t of, const char* words) {
    if (!channels.empty()) add(norm, kind, fmt::format("{} in {}", words, count_words(channels, of)));
  }

  void audit_layer(const AuditedNorm& norm) {
    if (norm.uses_batch)
      add(norm, "train-mode", "the file normalizes by the batch whenever it runs (training_mode=1): export it in eval mode");
    if (!norm.is_tracked && !norm.uses_batch) add(norm, "untracked", "it has no stored statistics, so its outputs depend on the batch");
    audit_numbers(norm);
    audit_options(norm);
  }

  void audit_numbers(const AuditedNorm& norm) {
    const auto is_not_finite = [](double value) { return !std::isfinite(value); };
    add_channels(norm, "not-finite", channels_where(norm.mean, is_not_finite), norm.mean.size(), "the mean is NaN or infinite");
    add_channels(norm, "not-finite", channels_where(norm.variance, is_not_finite), norm.variance.size(), "the variance is NaN or infinite");
    add_channels(norm, "not-finite", channels_where(norm.gamma, is_not_finite), norm.gamma.size(), "the scale is NaN or infinite");
    add_channels(norm, "negative-variance", channels_where(norm.variance, [](double v) { return v < 0.0; }), norm.variance.size(),
                 "the variance is negative");
    add_channels(norm, "zero-variance", channels_where(norm.variance, [](double v) { return v == 0.0; }), norm.variance.size(),
                 "the variance is 0");
    add_channels(norm, "dead-channels", channels_where(norm.gamma, [](double g) { return g == 0.0; }), norm.gamma.size(),
                 "the scale is 0, so the channel passes nothing on,");
    if (are_all(norm.mean, 0.0) && are_all(norm.variance, 1.0)) {
      add(norm, "initial-statistics", "the statistics are the initial values 0 and 1: they never moved, or the file lost them");
    } else if (are_constant(norm.mean) && are_constant(norm.variance)) {
      add(norm, "constant-statistics", "all channels have the same mean and the same variance");
    }
    if (norm.updates && *norm.updates == 0.0) add(norm, "no-updates", "the file says that the statistics never moved (a count of 0)");
  }

  void audit_options(const AuditedNorm& norm) {
    // PyTorch and flax have 1e-5, Keras has 1e-3, and layers for half precision have up to 1e-3.
    constexpr double kSmallest = 1e-7;
    constexpr double kLargest = 2e-3;
    if (norm.epsilon && (*norm.epsilon < kSmallest || *norm.epsilon > kLargest))
      add(norm, "epsilon", fmt::format("epsilon {} is far from the defaults of PyTorch, flax (1e-05) and Keras (0.001)", *norm.epsilon));
    // The weight of the old value: PyTorch has .9, Keras and flax have .99, TPU code has up to .9997.
    constexpr double kShortest = 0.5;
    constexpr double kLongest = 0.9999;
    if (!norm.momentum || norm.uses_batch) return;
    if (*norm.momentum < kShortest || *norm.momentum > kLongest) {
      add(norm, "momentum",
          fmt::format("the old statistics weigh {:.6g} at each update, far from the defaults of PyTorch (0.9), Keras and flax (0.99)",
                      *norm.momentum));
    }
  }

  /// Adds findings about scales: statistics of other weights often show by them.
  void audit_scales() {
    constexpr double kFarApart = 1e4;
    std::vector<std::pair<const AuditedNorm*, double>> scales;
    for (const AuditedNorm& norm : norms_) {
      std::vector<double> positive;
      for (const double value : norm.variance)
        if (std::isfinite(value) && value > 0.0) positive.push_back(value);
      if (!positive.empty()) scales.emplace_back(&norm, upper_median(positive));
    }
    for (std::size_t i = 0; i < scales.size() && scales.size() > 2; ++i) {
      const double before = scales[i > 0 ? i - 1 : 2].second;
      const double after = scales[i + 1 < scales.size() ? i + 1 : i - 2].second;
      const double own = scales[i].second;
      const bool is_large = own > kFarApart * std::max(before, after);
      const bool is_small = own * kFarApart < std::min(before, after);
      if (!is_large && !is_small) continue;
      add(*scales[i].first, "other-scale",
          fmt::format("the variances are about {:.2g}, but those of its neighbours {:.2g} and {:.2g}", own, before, after));
    }
  }

  /// Names the layers whose option differs from that of most layers.
  template <class Of>
  void compare_layers(const char* option, const Of& of) {
    std::vector<double> values;
    for (const AuditedNorm& norm : norms_)
      if (of(norm) && !norm.uses_batch) values.push_back(*of(norm));
    if (values.size() < 2) return;
    const double usual = upper_median(values);
    for (const AuditedNorm& norm : norms_) {
      constexpr double kRounding = 1e-6;
      if (!of(norm) || norm.uses_batch || std::abs(*of(norm) - usual) <= kRounding * std::max(std::abs(usual), 1e-12)) continue;
      add(norm, option, fmt::format("{} is {:.6g} here and {:.6g} in other layers", option, *of(norm), usual));
    }
  }

  const std::vector<AuditedNorm>& norms_;
  std::vector<AuditFinding> findings_;
};

/// A tensor that belongs to a layer, and the ends of its names in our files, PyTorch's, Keras's and flax's.
struct Role {
  const char* end;
  std::vector<double> AuditedNorm::*numbers;
};
constexpr Role kRoles[] = {{"moving_mean", &AuditedNorm::mean},  {"moving_variance", &AuditedNorm::variance},
                           {"running_mean", &AuditedNorm::mean}, {"running_var", &AuditedNorm::variance},
                           {"mean.value", &AuditedNorm::mean},   {"var.value", &AuditedNorm::variance},
                           {"mean", &AuditedNorm::mean},         {"var", &AuditedNorm::variance},
                           {"gamma", &AuditedNorm::gamma}};
constexpr const char* kDeviation = "moving_stddev";  // of batch renormalization
constexpr const char* kCounts[] = {"num_batches_tracked", "updates"};

/// Returns the layer of a name that ends in a role, or nothing.
std::optional<std::string> layer_of(const std::string& name, const std::string& role) {
  if (name == role) return "";
  for (const char* separator : {".", "/"}) {
    if (name.ends_with(separator + role)) return name.substr(0, name.size() - role.size() - 1);
  }
  return std::nullopt;
}

AuditedNorm& norm_named(std::vector<AuditedNorm>& norms, const std::string& layer) {
  const auto found = std::find_if(norms.begin(), norms.end(), [&](const AuditedNorm& norm) { return norm.layer == layer; });
  return found == norms.end() ? norms.emplace_back(AuditedNorm{.layer = layer}) : *found;
}

/// Takes the options of a checkpoint's layers from the config that the checkpoint holds.
void take_options(const std::string& path, const std::string& config_text, std::vector<AuditedNorm>& norms) {
  RunConfig config;
  std::vector<Problem> problems;
  config::Document::parse(config_text, path).read("", config, problems);
  if (!problems.empty()) throw Error(ExitCode::kDamaged, problems);
  const auto outline = config.data_spec().outline(std::string());
  const nn::Network<float> network(config.layers(), outline.shape);
  for (const nn::Normalization& known : network.layout().normalizations) {
    for (AuditedNorm& norm : norms) {
      if (norm.layer != known.name) continue;
      norm.epsilon = known.epsilon;
      norm.momentum = known.momentum;
    }
  }
}

std::vector<AuditedNorm> norms_of_graph(const models::ForeignModel& model) {
  std::vector<AuditedNorm> norms;
  for (const models::ForeignNorm& known : model.norms) {
    if (known.type != "batch") continue;
    AuditedNorm norm{.layer = known.layer};
    norm.epsilon = known.epsilon;
    norm.momentum = known.momentum;
    norm.uses_batch = known.uses_batch;
    norm.is_tracked = known.is_tracked;
    const auto take = [&](const char* role, std::vector<double>& numbers) {
      const files::Tensor* const tensor = model.weights.find(known.layer + "." + role);
      if (tensor != nullptr) numbers = tensor->values;
    };
    take("moving_mean", norm.mean);
    take("moving_variance", norm.variance);
    take("gamma", norm.gamma);
    const files::Tensor* const updates = model.weights.find(known.layer + ".updates");
    if (updates != nullptr && updates->values.size() == 1) norm.updates = updates->values.front();
    norms.push_back(std::move(norm));
  }
  return norms;
}

}  // namespace

bool is_update_count(const std::string& name) {
  return std::any_of(std::begin(kCounts), std::end(kCounts), [&](const char* end) { return layer_of(name, end).has_value(); });
}

bool is_statistic(const std::string& name) {
  const auto is_moving = [&](const Role& role) { return role.numbers != &AuditedNorm::gamma && layer_of(name, role.end).has_value(); };
  return std::any_of(std::begin(kRoles), std::end(kRoles), is_moving) || layer_of(name, kDeviation).has_value() || is_update_count(name);
}

files::TensorFile read_tensors(const std::string& path) {
  return models::is_foreign_model(path) ? models::read_model(path).weights : files::read_safetensors(path);
}

std::vector<AuditFinding> audit(const std::vector<AuditedNorm>& norms) { return Auditor(norms).take(); }

std::vector<AuditedNorm> audited_norms(const std::string& path) {
  if (models::is_foreign_model(path)) return norms_of_graph(models::read_model(path));
  const files::TensorFile file = files::read_safetensors(path);
  std::vector<AuditedNorm> norms;
  for (const files::Tensor& tensor : file.tensors) {
    for (const Role& role : kRoles) {
      const std::optional<std::string> layer = layer_of(tensor.name, role.end);
      if (!layer) continue;
      norm_named(norms, *layer).*role.numbers = tensor.values;
      break;
    }
    for (const char* const count : kCounts) {
      const std::optional<std::string> layer = layer_of(tensor.name, count);
      if (layer && tensor.values.size() == 1) norm_named(norms, *layer).updates = tensor.values.front();
    }
  }
  std::erase_if(norms, [](const AuditedNorm& norm) { return norm.mean.empty() && norm.variance.empty(); });
  // PyTorch calls the scale of a normalization "weight", like the kernel of other layers.
  for (AuditedNorm& norm : norms) {
    const files::Tensor* const weight = file.find(norm.layer.empty() ? "weight" : norm.layer + ".weight");
    if (norm.gamma.empty() && weight != nullptr) norm.gamma = weight->values;
  }
  if (norms.empty()) {
    throw Error(ExitCode::kUsage, {path, "the file has no statistics of a normalization",
                                   "give a model with batch normalization, exported without folding it (docs/own-model.md)"});
  }
  const auto config = file.metadata.find("config");
  if (config != file.metadata.end()) {
    try {
      take_options(path, config->second, norms);
    } catch (const Error&) {
      // The data that the config names may be elsewhere by now: then only the numbers are audited.
    }
  }
  return norms;
}

}  // namespace normrun::study
