#include "golden/cases.hpp"

#include <algorithm>

#include "support/layer_rig.hpp"

namespace normrun::golden {
namespace {

using test::LayerRig;

bool has_input(const Case& c, const std::string& name) { return c.inputs.contains(name); }

/// Puts an attribute under a layer's option name, where the case has it.
void take(const Case& c, const std::string& attribute, const std::string& option, Json& options) {
  if (c.attrs.contains(attribute)) options[option] = c.attrs[attribute];
}

void copy_into(const Values& from, std::span<double> to, const Case& c) {
  if (from.data.size() != to.size()) throw Damaged("case " + c.name + ": an input does not fit the layer");
  std::copy(from.data.begin(), from.data.end(), to.begin());
}

template <class Range>
std::vector<double> numbers(const Range& range) {
  return {range.begin(), range.end()};
}

std::span<double> span_of(Matrix<double>& matrix) { return {matrix.view().data, static_cast<std::size_t>(matrix.view().size())}; }

/// A layer on the case's x; params: (the file's name, the layer's).
LayerRig<double> make_rig(const Case& c, const std::string& type, const Json& options,
                          const std::vector<std::pair<std::string, std::string>>& params) {
  const Values& x = input(c, "x");
  if (x.shape.size() < 2) throw Damaged("case " + c.name + ": x has no batch axis");
  LayerRig<double> rig({test::describe_layer(type, options.dump())}, Shape(std::vector<Index>(x.shape.begin() + 1, x.shape.end())),
                       x.shape.front());
  copy_into(x, span_of(rig.x), c);
  for (const auto& [name, parameter] : params) {
    if (has_input(c, name)) copy_into(input(c, name), rig.param(parameter), c);
  }
  return rig;
}

/// Valid steps of each example, empty where the case has none.
std::vector<Index> lengths_of(const Case& c) {
  if (!has_input(c, "lengths")) return {};
  const Values& lengths = input(c, "lengths");
  const std::vector<Index>& shape = input(c, "x").shape;
  for (const double length : lengths.data) {
    if (shape.size() < 3 || !(length >= 0.0 && length <= static_cast<double>(shape[1])))
      throw Damaged("case " + c.name + ": a length does not fit");
  }
  if (lengths.data.size() != static_cast<std::size_t>(shape.front())) throw Damaged("case " + c.name + ": lengths do not fit x");
  return {lengths.data.begin(), lengths.data.end()};
}

/// y and the gradients of one pass, from the case's dy.
Computed run(LayerRig<double>& rig, const Mode& mode, const Case& c, const std::vector<std::pair<std::string, std::string>>& params) {
  copy_into(c.dy, span_of(rig.dy), c);
  Computed computed;
  rig.lengths = lengths_of(c);
  computed["y"] = numbers(rig.forward({.mode = mode}));
  rig.backward();
  computed["grad x"] = numbers(rig.dx.view());
  for (const auto& [name, parameter] : params) {
    if (has_input(c, name)) computed["grad " + name] = numbers(rig.grad(parameter));
  }
  return computed;
}

const std::vector<std::pair<std::string, std::string>> kAffine = {{"gamma", "gamma"}, {"beta", "beta"}};

Json affine_options(const Case& c) {
  Json options = {{"scale", has_input(c, "gamma")}, {"center", has_input(c, "beta")}};
  take(c, "eps", "epsilon", options);
  return options;
}

LayerRig<double> batch_rig(const Case& c, const Json& changes = Json::object()) {
  Json options = affine_options(c);
  take(c, "momentum", "momentum", options);
  options.update(changes);
  LayerRig<double> rig = make_rig(c, "batch", options, kAffine);
  copy_into(input(c, "moving_mean"), rig.state("moving_mean"), c);
  copy_into(input(c, "moving_var"), rig.state("moving_variance"), c);
  return rig;
}

Computed batchnorm_train(const Case& c) {
  LayerRig<double> rig = batch_rig(c);
  Computed computed = run(rig, kTrainMode, c, kAffine);
  computed["new_mean"] = numbers(rig.next("moving_mean"));
  computed["new_var"] = numbers(rig.next("moving_variance"));
  LayerRig<double> unbiased = batch_rig(c, {{"moving_variance", "unbiased"}});
  unbiased.forward({.mode = kTrainMode});
  computed["new_var_torch"] = numbers(unbiased.next("moving_variance"));
  LayerRig<double> last_batch = batch_rig(c, {{"momentum", 0.0}});
  last_batch.forward({.mode = kTrainMode});
  computed["batch_mean"] = numbers(last_batch.next("moving_mean"));
  computed["batch_var"] = numbers(last_batch.next("moving_variance"));
  return computed;
}

Computed batchnorm_masked_train(const Case& c) {
  LayerRig<double> rig = batch_rig(c);
  Computed computed = run(rig, kTrainMode, c, kAffine);
  computed["new_mean"] = numbers(rig.next("moving_mean"));
  computed["new_var"] = numbers(rig.next("moving_variance"));
  return computed;
}

Computed batchnorm_eval(const Case& c) {
  LayerRig<double> rig = batch_rig(c);
  return run(rig, kEvalMode, c, kAffine);
}

Computed layernorm(const Case& c) {
  Json options = affine_options(c);
  if (c.attrs.contains("axis")) options["axes"] = c.attrs["axis"].is_array() ? c.attrs["axis"] : Json::array({c.attrs["axis"]});
  LayerRig<double> rig = make_rig(c, "layer", options, kAffine);
  return run(rig, kEvalMode, c, kAffine);
}

/// Layers that read no mode and take epsilon alone, or with a number of groups.
Computed stateless(const Case& c, const std::string& type) {
  Json options = affine_options(c);
  if (type == "rms") options.erase("center");
  if (type == "group") take(c, "groups", "groups", options);
  LayerRig<double> rig = make_rig(c, type, options, kAffine);
  return run(rig, kEvalMode, c, kAffine);
}
Computed groupnorm(const Case& c) { return stateless(c, "group"); }
Computed instancenorm(const Case& c) { return stateless(c, "instance"); }
Computed rmsnorm(const Case& c) { return stateless(c, "rms"); }

LayerRig<double> renorm_rig(const Case& c, const std::vector<std::pair<std::string, std::string>>& params,
                            const Json& changes = Json::object()) {
  Json options = affine_options(c);
  for (const char* name : {"momentum", "renorm_momentum", "rmax", "rmin", "dmax"}) take(c, name, name, options);
  options.update(changes);
  LayerRig<double> rig = make_rig(c, "batch_renorm", options, params);
  for (const char* name : {"moving_mean", "moving_stddev", "renorm_mean", "renorm_stddev"}) copy_into(input(c, name), rig.state(name), c);
  return rig;
}

/// r and d are found from outside: y of gamma 1 and beta 0 is r x_hat + d, whose mean is d and whose scale is r.
void corrections(const Case& c, Computed& computed) {
  LayerRig<double> renormalized = renorm_rig(c, {}, {{"scale", false}, {"center", false}});
  LayerRig<double> plain = renorm_rig(c, {}, {{"scale", false}, {"center", false}, {"warmup_updates", 1}});
  const ConstView<double> y = renormalized.forward({.mode = kTrainFrozen});
  const ConstView<double> x_hat = plain.forward({.mode = kTrainFrozen});
  const Index channels = input(c, "x").shape.back();
  const Index rows = y.size() / channels;
  for (Index channel = 0; channel < channels; ++channel) {
    double sum = 0.0;
    double dot = 0.0;
    double square = 0.0;
    for (Index r = 0; r < rows; ++r) {
      const Index at = r * channels + channel;
      sum += y.data[at];
      dot += y.data[at] * x_hat.data[at];
      square += x_hat.data[at] * x_hat.data[at];
    }
    computed["d"].push_back(sum / static_cast<double>(rows));
    computed["r"].push_back(dot / square);
  }
}

Computed batchrenorm_train(const Case& c) {
  LayerRig<double> rig = renorm_rig(c, kAffine);
  Computed computed = run(rig, kTrainMode, c, kAffine);
  const std::pair<const char*, const char*> states[] = {{"new_mean", "moving_mean"},
                                                        {"new_var", "moving_variance"},
                                                        {"new_stddev", "moving_stddev"},
                                                        {"new_renorm_mean", "renorm_mean"},
                                                        {"new_renorm_stddev", "renorm_stddev"}};
  for (const auto& [name, state] : states) computed[name] = numbers(rig.next(state));
  corrections(c, computed);
  return computed;
}

Computed dense(const Case& c) {
  const std::vector<std::pair<std::string, std::string>> params = {{"W", "kernel"}, {"b", "bias"}};
  Json options = {{"units", input(c, "W").shape.back()}, {"use_bias", has_input(c, "b")}};
  take(c, "activation", "activation", options);
  LayerRig<double> rig = make_rig(c, "dense", options, params);
  return run(rig, kTrainMode, c, params);
}

Computed conv2d_same_relu(const Case& c) {
  const std::vector<std::pair<std::string, std::string>> params = {{"W", "kernel"}, {"b", "bias"}};
  Json options = {{"filters", input(c, "W").shape.back()}, {"use_bias", has_input(c, "b")}, {"padding", "same"}, {"activation", "relu"}};
  take(c, "kernel", "kernel_size", options);
  take(c, "stride", "strides", options);
  LayerRig<double> rig = make_rig(c, "conv2d", options, params);
  return run(rig, kTrainMode, c, params);
}

/// The state after the last step, and the states after every step.
Computed recurrent(const Case& c, const std::string& type) {
  const std::vector<std::pair<std::string, std::string>> params = {{"K", "kernel"}, {"R", "recurrent_kernel"}, {"b", "bias"}};
  Json options = {{"use_bias", has_input(c, "b")}};
  take(c, "units", "units", options);
  if (type == "gru") options["reset_after"] = !has_input(c, "b") || input(c, "b").shape.size() == 2;
  LayerRig<double> rig = make_rig(c, type, options, params);
  Computed computed = run(rig, kTrainMode, c, params);
  options["return_sequences"] = true;
  LayerRig<double> sequence = make_rig(c, type, options, params);
  sequence.lengths = lengths_of(c);
  computed["sequence"] = numbers(sequence.forward({.mode = kEvalMode}));
  return computed;
}
Computed rnn(const Case& c) { return recurrent(c, "simple_rnn"); }
Computed lstm(const Case& c) { return recurrent(c, "lstm"); }
Computed gru(const Case& c) { return recurrent(c, "gru"); }

/// Any layer, whose options, parameters and moving statistics the case names as the library does.  "states" lists the inputs that are
/// moving statistics; "mode" is "eval" where it is not train.
Computed layer(const Case& c) {
  const auto states = c.attrs.value("states", std::vector<std::string>());
  std::vector<std::pair<std::string, std::string>> params;
  for (const auto& [name, values] : c.inputs) {
    const bool is_state = std::find(states.begin(), states.end(), name) != states.end();
    if (name != "x" && name != "lengths" && !is_state) params.emplace_back(name, name);
  }
  LayerRig<double> rig = make_rig(c, field(c.attrs, "layer").get<std::string>(), field(c.attrs, "options"), params);
  for (const std::string& name : states) copy_into(input(c, name), rig.state(name), c);
  Computed computed = run(rig, c.attrs.value("mode", "train") == "eval" ? kEvalMode : kTrainMode, c, params);
  for (const auto& [name, values] : c.outputs)
    if (name != "y") computed[name] = numbers(rig.next(name));
  return computed;
}

const std::map<std::string, Computed (*)(const Case&)> kOperations = {
    {"layer", layer},
    {"batchnorm_train", batchnorm_train},
    {"batchnorm_eval", batchnorm_eval},
    {"batchnorm_masked_train", batchnorm_masked_train},
    {"batchrenorm_train", batchrenorm_train},
    {"layernorm", layernorm},
    {"groupnorm", groupnorm},
    {"instancenorm", instancenorm},
    {"rmsnorm", rmsnorm},
    {"dense", dense},
    {"conv2d_same_relu", conv2d_same_relu},
    {"rnn", rnn},
    {"lstm", lstm},
    {"gru", gru},
    {"softmax_ce_from_logits", softmax_cross_entropy},
    {"sigmoid_bce_from_logits", binary_cross_entropy},
    {"mse", mean_squared_error},
};

}  // namespace

std::optional<Computed> run_case(const Case& c) {
  const auto operation = kOperations.find(c.op);
  if (operation == kOperations.end()) return std::nullopt;
  return operation->second(c);
}

}  // namespace normrun::golden
