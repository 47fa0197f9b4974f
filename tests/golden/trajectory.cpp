// A whole training: dense relu -> batch norm (momentum 0.99, epsilon 1e-3) -> dense, softmax cross-entropy, Adam (0.001, 0.9,
// 0.999, 1e-7 in Keras's form), on batches that are consecutive slices of a given order.
#include <algorithm>
#include <cmath>

#include "config/options/document.hpp"
#include "golden/cases.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/losses.hpp"
#include "support/layer_rig.hpp"
#include "train/optimizer.hpp"

namespace normrun::golden {
namespace {

constexpr std::pair<const char*, const char*> kWeights[] = {{"W1", "hidden.kernel"}, {"b1", "hidden.bias"},   {"gamma", "bn.gamma"},
                                                            {"beta", "bn.beta"},     {"W2", "logits.kernel"}, {"b2", "logits.bias"}};
constexpr Index kNormInput = 2;  // the boundary behind dense and relu

std::shared_ptr<train::OptimizerSpec> make_adam(const std::string& convention) {
  auto adam = std::dynamic_pointer_cast<train::OptimizerSpec>(train::optimizer_family().make("adam"));
  std::vector<Problem> problems;
  config::Document::parse(Json{{"convention", convention}, {"learning_rate", 0.001}}.dump(), "adam").read("", *adam, problems);
  return adam;
}

class Trajectory {
 public:
  explicit Trajectory(const Json& trajectory)
      : x_(values_of(field(trajectory, "X"))),
        y_(labels(values_of(field(trajectory, "y")))),
        order_(values_of(field(trajectory, "order"))),
        init_(named_of(field(trajectory, "init"))),
        network_(layers(init_), Shape{x_.shape.back()}),
        record_(network_, x_.shape.front()) {}

  Computed run(Index batch_size, const std::string& convention) {
    start();
    const auto adam = make_adam(convention);
    const auto update = adam->make<double>();
    Buffer<double> grads(model_.params.size());
    Buffer<double> slots(model_.params.size() * static_cast<std::size_t>(adam->slot_count()), 0.0);
    Computed computed;
    const Index rows = x_.shape.front();
    Index step = 0;
    for (Index first = 0; first < static_cast<Index>(order_.data.size()); first += std::min(batch_size, rows - first % rows)) {
      gather(first, std::min(batch_size, rows - first % rows));
      network_.forward({.mode = kTrainMode}, model_.params, model_.state, model_.state.data(), record_, batch_view());
      const View<double> dy = record_.gradient(network_.output_boundary());
      computed["losses"].push_back(nn::loss_and_gradient<double>(nn::LossKind::kSoftmaxCrossEntropy, logits(), {batch_y_.data(), {}}, dy));
      network_.backward(model_.params, record_, network_.output_boundary(), dy, grads);
      update->update({model_.params, grads, slots}, {.number = ++step, .learning_rate = adam->learning_rate}, {});
    }
    evaluate(computed);
    return computed;
  }

 private:
  static std::vector<std::int32_t> labels(const Values& y) { return {y.data.begin(), y.data.end()}; }
  static std::vector<nn::LayerDescription> layers(const Named& init) {
    const auto units = [&](const char* name) { return std::to_string(init.at(name).shape.back()); };
    return {test::describe_layer("dense", R"({"name": "hidden", "activation": "relu", "units": )" + units("W1") + "}"),
            test::describe_layer("batch", R"({"name": "bn"})"),
            test::describe_layer("dense", R"({"name": "logits", "units": )" + units("W2") + "}")};
  }

  std::span<double> weight(const std::string& name) {
    for (const nn::ParamEntry& entry : network_.layout().params) {
      if (entry.layer + "." + entry.name == name)
        return std::span<double>(model_.params).subspan(static_cast<std::size_t>(entry.id.offset), static_cast<std::size_t>(entry.id.size));
    }
    throw Damaged("no weight " + name);
  }

  void start() {
    model_ = nn::fresh_model(network_, 0);
    for (const auto& [name, ours] : kWeights) {
      const Values& values = init_.at(name);
      if (values.data.size() != weight(ours).size()) throw Damaged("trajectory: init does not fit");
      std::copy(values.data.begin(), values.data.end(), weight(ours).begin());
    }
  }

  void gather(Index first, Index count) {
    const Index features = x_.shape.back();
    batch_x_.clear();
    batch_y_.clear();
    for (Index i = first; i < first + count; ++i) {
      const auto row = static_cast<Index>(order_.data[static_cast<std::size_t>(i)]);
      const auto begin = x_.data.begin() + row * features;
      batch_x_.insert(batch_x_.end(), begin, begin + features);
      batch_y_.push_back(y_[static_cast<std::size_t>(row)]);
    }
  }
  ConstView<double> batch_view() const { return {batch_x_.data(), static_cast<Index>(batch_y_.size()), x_.shape.back()}; }
  ConstView<double> logits() const { return record_.activations(network_.output_boundary()); }

  /// Loss, accuracy, logits of the first rows over all rows in one batch; returns all logits.
  std::vector<double> evaluate_mode(const Mode& mode, const std::string& loss, const std::string& accuracy, const std::string& first,
                                    Computed& computed) {
    const ConstView<double> x(x_.data.data(), x_.shape.front(), x_.shape.back());
    const ConstView<double> z = network_.forward({.mode = mode}, model_.params, model_.state, nullptr, record_, x);
    computed["final " + loss] = {nn::loss_and_gradient<double>(nn::LossKind::kSoftmaxCrossEntropy, z, {y_.data(), {}}, {})};
    computed["final " + accuracy] = {static_cast<double>(nn::count_correct(nn::LossKind::kSoftmaxCrossEntropy, z, y_.data())) /
                                     static_cast<double>(z.rows)};
    computed[first] = {z.begin(), z.row(std::min<Index>(3, z.rows))};
    return {z.begin(), z.end()};
  }

  void evaluate(Computed& computed) {
    const auto by_batch =
        evaluate_mode(kTrainFrozen, "train_mode_full_loss", "train_mode_full_acc", "train_logits_first3_of_full", computed);
    const ConstView<double> normalized = record_.activations(kNormInput);
    std::vector<double> mean(static_cast<std::size_t>(normalized.cols));
    std::vector<double> variance(mean.size());
    nn::kernels::column_moments<double>(normalized, mean.data(), variance.data());
    computed["population_mean"] = mean;
    computed["population_var"] = variance;
    const auto by_moving = evaluate_mode(kEvalMode, "eval_loss", "eval_acc", "eval_logits_first3", computed);
    double difference = 0.0;
    double size = 0.0;
    for (std::size_t i = 0; i < by_moving.size(); ++i) {
      difference += (by_batch[i] - by_moving[i]) * (by_batch[i] - by_moving[i]);
      size += by_moving[i] * by_moving[i];
    }
    computed["final rel_l2_train_vs_eval"] = {std::sqrt(difference / size)};
    for (const auto& [name, ours] : kWeights) computed[std::string("weights ") + name] = {weight(ours).begin(), weight(ours).end()};
    const nn::Normalization& norm = network_.layout().normalizations.front();
    const auto statistic = [&](const nn::StateId& id) {
      const auto begin = model_.state.begin() + id.offset;
      return std::vector<double>(begin, begin + id.size);
    };
    computed["moving_mean"] = statistic(*norm.moving_mean);
    computed["moving_var"] = statistic(*norm.moving_variance);
  }

  Values x_;
  std::vector<std::int32_t> y_;
  Values order_;
  Named init_;
  nn::Network<double> network_;
  nn::Record<double> record_;
  nn::Model<double> model_;
  std::vector<double> batch_x_;
  std::vector<std::int32_t> batch_y_;
};

/// Every array and number of a run, by name.
Named expected_of(const Json& run) {
  Named expected;
  for (const auto& [name, value] : run.items()) {
    if (value.is_object() && value.contains("shape")) expected[name] = values_of(value);
  }
  const Json& losses = field(run, "losses");
  expected["losses"] = values_of({{"shape", {losses.size()}}, {"data", losses}});
  for (const auto& [name, value] : field(run, "final").items()) expected["final " + name] = {{}, {value.get<double>()}};
  if (run.contains("weights")) {
    for (const auto& [name, values] : named_of(run["weights"])) expected["weights " + name] = values;
  }
  return expected;
}

}  // namespace

void run_trajectory(const Json& trajectory, Report& report) {
  Trajectory training(trajectory);
  for (const Json& run : field(trajectory, "runs")) {
    const Index batch_size = field(run, "batch").get<Index>();
    const std::string convention = field(run, "adam").get<std::string>();
    if (batch_size < 1) throw Damaged("trajectory: batch is no positive number");
    report.compare("trajectory " + convention + " batch " + std::to_string(batch_size), expected_of(run),
                   training.run(batch_size, convention));
  }
}

}  // namespace normrun::golden
