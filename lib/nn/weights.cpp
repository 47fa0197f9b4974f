#include "nn/weights.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "config/options/document.hpp"
#include "core/error.hpp"
#include "core/nearest_word.hpp"
#include "nn/weights_foreign.hpp"

namespace normrun::nn {
namespace {

using Texts = std::vector<std::string>;

std::string listed(const Texts& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + text;
  return list;
}

/// Returns a tensor's name with what is wrong about its numbers, or "" if nothing is.
std::string fault_of(const OfferedTensor& tensor) {
  const auto count = [&](const auto& is_wrong) { return std::count_if(tensor.values.begin(), tensor.values.end(), is_wrong); };
  const auto of_all = [&](std::ptrdiff_t wrong) { return std::to_string(wrong) + " of " + std::to_string(tensor.values.size()); };
  const auto not_finite = count([](double value) { return !std::isfinite(value); });
  if (not_finite > 0) return tensor.from + " (" + of_all(not_finite) + " NaN or infinite)";
  const std::string role = tensor.name.substr(tensor.name.rfind('.') + 1);
  const bool is_spread = role == "moving_variance" || role == "moving_stddev" || role == "renorm_stddev" || role == "updates";
  const auto negative = is_spread ? count([](double value) { return value < 0.0; }) : 0;
  return negative > 0 ? tensor.from + " (" + of_all(negative) + " negative)" : "";
}

/// Matches the tensors of a file with those of a network, and finds all that is wrong.
class Matching {
 public:
  Matching(const std::vector<WantedLayer>& layers, const OfferedWeights& offered, const WeightsRules& rules)
      : layers_(layers), offered_(offered), rules_(rules) {
    for (const OfferedTensor& tensor : offered.tensors) take(tensor);
    for (const WantedLayer& layer : layers) {
      for (const WantedTensor& wanted : layer.tensors) {
        if (!taken_.contains(wanted.name())) miss(layer, wanted);
      }
    }
    name_near_ones();
  }

  /// The matched tensors of the file, each under the network's name of it.
  const std::map<std::string, const OfferedTensor*>& taken() const { return taken_; }
  WeightsUse use() const { return {loaded_, left_, missed_, notes_}; }
  const Texts& unknown_counts() const { return unknown_counts_; }

  void refuse_faults() const {
    std::string what;
    const auto add = [&](const char* heading, const Texts& tensors) {
      if (!tensors.empty()) what += (what.empty() ? "" : "; ") + std::string(heading) + listed(tensors);
    };
    add("these tensors hold impossible numbers: ", faults_);
    if (rules_.match == WeightsMatch::kAll) {
      add("the network does not have ", unknown_);
      add("the file does not have ", missing_);
      add("these tensors have another shape than the network needs: ", misshaped_);
      add("two tensors are meant for ", doubled_);
      if (!offered_.ambiguity.empty()) what += (what.empty() ? "" : "; ") + offered_.ambiguity;
    } else if (loaded_.empty()) {
      add("nothing matches: the network does not have ", left_);
    }
    if (what.empty()) return;
    std::string hint =
        are_turned_ ? R"(kernels of shape (outputs, inputs) come from PyTorch: set "layout": "torch" beside "init_from")" : rules_.hint;
    if (!faults_.empty() && unknown_.empty() && missing_.empty() && misshaped_.empty())
      hint = "the file is damaged, or its training diverged: give another file";
    throw Error(ExitCode::kDamaged, Problem{rules_.path, what, hint});
  }

 private:
  const WantedTensor* find(const std::string& name) const {
    for (const WantedLayer& layer : layers_) {
      for (const WantedTensor& wanted : layer.tensors) {
        if (wanted.name() == name) return &wanted;
      }
    }
    return nullptr;
  }

  void take(const OfferedTensor& tensor) {
    const WantedTensor* const wanted = find(tensor.name);
    const std::string shown = tensor_text(tensor.from, tensor.shape);
    if (wanted == nullptr) {
      left_.push_back(shown);
      if (offered_.undecided.contains(tensor.from)) return;
      const bool is_of_other_norm = rules_.norms.tensors.contains(tensor.name) || offered_.left_norms.contains(tensor.from);
      (rules_.norms.is_swept && is_of_other_norm ? skipped_ : unknown_).push_back(shown);
      if (unknown_.size() > unknown_names_.size()) unknown_names_.push_back(tensor.name);
      return;
    }
    const bool is_one_number = wanted->size == 1 && tensor.values.size() == 1;
    if (tensor.shape != wanted->shape && !is_one_number) {
      misshaped_.push_back(shown + ", which the network wants as " + tensor_text(tensor.name, wanted->shape));
      left_.push_back(shown);
      are_turned_ = are_turned_ || (tensor.shape.size() == 2 && wanted->shape == std::vector<Index>{tensor.shape[1], tensor.shape[0]});
      named_.insert(tensor.name);
      return;
    }
    if (!taken_.emplace(tensor.name, &tensor).second) {
      doubled_.push_back(tensor.name + " (by " + taken_.at(tensor.name)->from + " and " + tensor.from + ")");
      return;
    }
    loaded_.push_back(tensor.name + (tensor.from == tensor.name ? "" : " from " + tensor.from));
    const std::string fault = fault_of(tensor);
    if (!fault.empty()) faults_.push_back(fault);
  }

  bool has_any(const WantedLayer& layer) const {
    return std::any_of(layer.tensors.begin(), layer.tensors.end(),
                       [&](const WantedTensor& wanted) { return taken_.contains(wanted.name()) || named_.contains(wanted.name()); });
  }

  void miss(const WantedLayer& layer, const WantedTensor& wanted) {
    const std::string shown = tensor_text(wanted.name(), wanted.shape);
    if (named_.contains(wanted.name())) return missed_.push_back(shown);  // the file has it, in another shape
    if (wanted.role == "updates") {
      if (layer.counts_batches) missing_.push_back(shown + " (a cumulative average continues from this count)");
      if (!layer.counts_batches && has_any(layer)) unknown_counts_.push_back(wanted.name());
      return;
    }
    missed_.push_back(shown);
    if (offered_.undecided.contains(wanted.name())) return;
    const bool is_another_runs = rules_.norms.is_swept && layer.is_norm && !has_any(layer) && has_other_norms();
    if (is_another_runs)
      fresh_.push_back(shown);
    else
      missing_.push_back(shown);
    if (!is_another_runs) missing_names_.push_back(wanted.name());
  }

  /// Whether the file holds a normalization that this run's network does not have.
  bool has_other_norms() const { return !skipped_.empty(); }

  /// Adds to each unknown name the missing name that is most like it.
  void name_near_ones() {
    for (std::size_t i = 0; i < unknown_.size(); ++i) {
      const std::string near = nearest_word(unknown_names_[i], {missing_names_.begin(), missing_names_.end()});
      if (!near.empty()) unknown_[i] += " (is it " + near + "?)";
    }
    if (!skipped_.empty()) notes_.push_back("skipped, because this run has another normalization: " + listed(skipped_));
    if (!fresh_.empty()) notes_.push_back("start fresh, because the file has another normalization: " + listed(fresh_));
    notes_.insert(notes_.end(), offered_.notes.begin(), offered_.notes.end());
  }

  const std::vector<WantedLayer>& layers_;
  const OfferedWeights& offered_;
  const WeightsRules& rules_;
  std::map<std::string, const OfferedTensor*> taken_;
  std::set<std::string> named_;  // the network's names of the tensors that the file has in another shape
  Texts loaded_, left_, missed_, notes_;
  Texts unknown_, unknown_names_, missing_, missing_names_, misshaped_, doubled_, faults_;
  Texts skipped_, fresh_, unknown_counts_;
  bool are_turned_ = false;
};

template <class T>
void put(const WantedTensor& wanted, const std::vector<double>& values, Model<T>& model) {
  Buffer<T>& buffer = wanted.is_state ? model.state : model.params;
  std::transform(values.begin(), values.end(), buffer.begin() + wanted.offset, [](double value) { return static_cast<T>(value); });
}

}  // namespace

template <class T>
WeightsUse load_weights(const Network<T>& network, const files::TensorFile& file, const WeightsRules& rules, Model<T>& model) {
  const std::vector<WantedLayer> layers = wanted_layers(network);
  const WeightsLayout layout = rules.layout == WeightsLayout::kAuto ? layout_of(layers, file) : rules.layout;
  const OfferedWeights offered =
      layout == WeightsLayout::kNormrun ? offer_by_name(layers, file, rules) : offer_foreign(layers, file, layout, rules);
  const Matching matching(layers, offered, rules);
  matching.refuse_faults();
  for (const WantedLayer& layer : layers) {
    for (const WantedTensor& wanted : layer.tensors) {
      const auto found = matching.taken().find(wanted.name());
      if (found != matching.taken().end()) put(wanted, found->second->values, model);
    }
    const WantedTensor* const updates = layer.find("updates");
    const bool is_unknown = updates != nullptr && std::find(matching.unknown_counts().begin(), matching.unknown_counts().end(),
                                                            updates->name()) != matching.unknown_counts().end();
    if (is_unknown) put(*updates, {kUnknownUpdates}, model);
  }
  return matching.use();
}

template WeightsUse load_weights(const Network<float>&, const files::TensorFile&, const WeightsRules&, Model<float>&);
template WeightsUse load_weights(const Network<double>&, const files::TensorFile&, const WeightsRules&, Model<double>&);

}  // namespace normrun::nn
