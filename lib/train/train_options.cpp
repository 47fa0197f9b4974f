#include "train/train_options.hpp"

#include <algorithm>
#include <cmath>

#include "config/options/document.hpp"
#include "core/error.hpp"
#include "statistics/mixing.hpp"

namespace normrun::train {
namespace {

constexpr Index kMaxBatchSize = Index{1} << 24;
constexpr Index kMaxEpochs = Index{1} << 31;
constexpr Index kMaxSteps = Index{1} << 40;

bool are_modes_of_history(const std::vector<std::string>& modes) {
  for (std::size_t i = 0; i < modes.size(); ++i) {
    if (modes[i] != "train" && modes[i] != "eval" && !statistics::mixing_of(modes[i])) return false;
    if (std::find(modes.begin(), modes.begin() + static_cast<std::ptrdiff_t>(i), modes[i]) !=
        modes.begin() + static_cast<std::ptrdiff_t>(i))
      return false;
  }
  return true;
}

void describe_length(config::OptionVisitor& visitor, TrainOptions& options) {
  std::vector<Index> sizes = options.batch_sizes.empty() ? std::vector{options.batch_size} : options.batch_sizes;
  visitor.integer_or_list({"batch_size",
                           "how many rows a training step takes; the steps of an epoch take the sizes of a list in turn, and its largest "
                           "size stands in the tables and is the one of train mode in comparisons"},
                          sizes, {1, kMaxBatchSize});
  options.batch_size = *std::max_element(sizes.begin(), sizes.end());
  options.batch_sizes = sizes.size() == 1 ? std::vector<Index>() : std::move(sizes);
  visitor.integer({"epochs", "the length of the training in passes over the training rows; with neither epochs nor steps it is 1 epoch"},
                  options.epochs, {0, kMaxEpochs});
  visitor.integer({"steps", "the length of the training in steps, instead of epochs; with 0 the network stays as it starts"}, options.steps,
                  {0, kMaxSteps});
  visitor.require(!(options.epochs && options.steps), "steps", "either epochs or steps, not both");
}

void describe_loss(config::OptionVisitor& visitor, TrainOptions& options) {
  visitor.choice(
      {"loss",
       "mean over the batch, from the logits; auto: mse for numbers, binary cross-entropy for two classes by one output, else softmax "
       "cross-entropy"},
      options.loss,
      {{"auto", LossChoice::kAuto},
       {"mse", LossChoice::kMse},
       {"mae", LossChoice::kMae},
       {"huber", LossChoice::kHuber},
       {"softmax-cross-entropy", LossChoice::kSoftmaxCrossEntropy},
       {"binary-cross-entropy", LossChoice::kBinaryCrossEntropy}},
      {{"mean_squared_error", "mse"},
       {"mean_absolute_error", "mae"},
       {"l1", "mae"},
       {"smooth_l1", "huber"},
       {"softmax_cross_entropy", "softmax-cross-entropy"},
       {"categorical_crossentropy", "softmax-cross-entropy"},
       {"sparse_categorical_crossentropy", "softmax-cross-entropy"},
       {"cross_entropy", "softmax-cross-entropy"},
       {"binary_crossentropy", "binary-cross-entropy"},
       {"bce", "binary-cross-entropy"}});
  visitor.number({"label_smoothing",
                  "for the cross-entropies: the share of each target that is spread over all classes; only the training's own loss has it"},
                 options.label_smoothing, {.low = 0.0, .high = 1.0, .high_open = true});
  visitor.numbers({"class_weight",
                   "a weight for each class, in the order of the classes, which multiplies the loss and the gradient of a row in training; "
                   "the mean still divides by the number of rows (Keras)"},
                  options.class_weight, config::at_least(0.0));
}

void describe_update(config::OptionVisitor& visitor, TrainOptions& options) {
  visitor.tagged({"optimizer", "how a step changes the parameters"}, options.optimizer, optimizer_family());
  visitor.tagged({"schedule", "how the learning rate changes during the training; without a schedule, it stays"}, options.schedule,
                 schedule_family());
  visitor.object({"clip", "limits of the gradient, which apply before weight decay; without them, nothing limits it"}, options.clip);
  visitor.object({"early_stopping", "ends the training when a score no longer improves"}, options.early_stopping);
  visitor.tagged(
      {"average_weights",
       "averages the weights of many steps, and hands over the averaged network; history.csv is about the weights that are being trained, "
       "which the mode last-weights has"},
      options.average_weights, average_family());
  visitor.list({"phases", "what changes during the training, in the order of time; what a phase sets stays until another phase changes it"},
               options.phases);
  describe_forward_mode(visitor, options.forward_mode);
  visitor.choice(
      {"learning_rate_scaling",
       "factor of the learning rate; linear: batch_size / reference_batch_size; square-root: the root of this ratio"},
      options.learning_rate_scaling,
      {{"none", LearningRateScaling::kNone}, {"linear", LearningRateScaling::kLinear}, {"square-root", LearningRateScaling::kSquareRoot}},
      {{"sqrt", "square-root"}});
  visitor.require(options.batch_sizes.empty() || options.learning_rate_scaling == LearningRateScaling::kNone, "learning_rate_scaling",
                  "\"none\" beside a list of batch sizes");
  visitor.integer({"reference_batch_size", "the batch size at which learning_rate_scaling leaves the learning rate as it is"},
                  options.reference_batch_size, {1, kMaxBatchSize});
}

void describe_division(config::OptionVisitor& visitor, Division& division) {
  visitor.integer({"accumulate",
                   "gradient accumulation: a step reads its rows as so many micro-batches, one after another, and updates once by "
                   "the mean of their gradients, weighted by rows; batch statistics are those of a micro-batch, and the moving ones "
                   "move after each; a smaller last batch is split as evenly as it can be, the first micro-batches having a row more"},
                  division.accumulate, {1, kMaxBatchSize});
  visitor.integer({"replicas",
                   "data-parallel devices, simulated: each has an equal, consecutive share of the rows of a step (of a micro-batch), "
                   "and one update follows the mean of their gradients, weighted by rows"},
                  division.replicas, {1, kMaxBatchSize});
  visitor.choice({"sync",
                  "what replicas share besides the gradient; none: each normalizes by its own rows, and the moving "
                  "statistics that the first one moved are kept (Keras 3 under MirroredStrategy, PyTorch DistributedDataParallel); "
                  "moving-statistics: the same, but the mean over the replicas is kept; batch-statistics: all normalize and move by "
                  "the merged statistics of all rows, as one batch would (Keras synchronized=True, PyTorch SyncBatchNorm)"},
                 division.sync,
                 {{"none", Sync::kNone}, {"moving-statistics", Sync::kMovingStatistics}, {"batch-statistics", Sync::kBatchStatistics}},
                 {{"false", "none"}, {"true", "batch-statistics"}});
}

}  // namespace

TrainOptions::TrainOptions() : optimizer(optimizer_family().make("adam")) {}

void TrainOptions::describe(config::OptionVisitor& visitor) {
  describe_length(visitor, *this);
  describe_loss(visitor, *this);
  describe_update(visitor, *this);
  describe_division(visitor, division);
  visitor.object({"clients", "clients that train on rows of their own for several steps before their networks are averaged (FedAvg)"},
                 clients);
  visitor.texts({"history",
                 "modes in which the held-out splits are evaluated after each epoch, of train, eval and those that mix, such as "
                 "mixed-0.1 or mixed-16-rows (see compare.pairs); an empty list turns history.csv off"},
                history);
  visitor.require(are_modes_of_history(history), "history",
                  "a list of \"train\", \"eval\" and modes that mix, such as \"mixed-0.1\", each at most once");
  visitor.text({"init_from",
                "a safetensors file whose tensors replace the fresh ones, by name; its path is relative to the config file, and {seed} in "
                "it stands for the run's seed.  With 0 epochs the network is compared as it is stored"},
               init_from);
  visitor.choice(
      {"layout",
       "whose tensors init_from holds; auto: found from their names.  torch: a state_dict, kernels (outputs, inputs) and (filters, "
       "inputs, height, width), flattened channels first; keras and flax: kernels as here; normrun: names as in checkpoints/"},
      layout,
      {{"auto", nn::WeightsLayout::kAuto},
       {"torch", nn::WeightsLayout::kTorch},
       {"keras", nn::WeightsLayout::kKeras},
       {"flax", nn::WeightsLayout::kFlax},
       {"normrun", nn::WeightsLayout::kNormrun}},
      {{"pytorch", "torch"}});
  visitor.any({"init_map",
               "which tensor of init_from belongs to which tensor of the network, if names and shapes do not tell: {\"dense_0.kernel\": "
               "\"fc1.weight\"}, or "
               "by whole layers {\"dense_0\": \"fc1\"}"},
              init_map);
  visitor.require(config::text_members(init_map).has_value(), "init_map",
                  "an object of texts, from tensors or layers of the network to those of the file");
  visitor.flag({"strict",
                "whether init_from has to have every tensor of the network, and no other; false: loads what matches, and says what was "
                "loaded, left and missed"},
               strict);
  visitor.text({"batch_order", "an NPY file of int64 row numbers, (epochs, samples), read in this order; relative to the config file"},
               batch_order);
  visitor.choice({"checkpoints", "which trained networks are kept under checkpoints/"}, checkpoints,
                 {{"all", CheckpointPolicy::kAll}, {"none", CheckpointPolicy::kNone}});
  visitor.integer({"checkpoint_every",
                   "steps after which a running network is stored, for --resume to go on from; 0: only when a signal ends the program"},
                  checkpoint_every, {.low = 0});
}

double TrainOptions::scaled_learning_rate() const {
  const double ratio = static_cast<double>(batch_size) / static_cast<double>(reference_batch_size);
  const double rate = optimizer_spec().learning_rate;
  switch (learning_rate_scaling) {
    case LearningRateScaling::kNone:
      return rate;
    case LearningRateScaling::kLinear:
      return rate * ratio;
    case LearningRateScaling::kSquareRoot:
      return rate * std::sqrt(ratio);
  }
  return rate;
}

void check_target_options(const TrainOptions& options, nn::LossKind loss, Index classes) {
  if (options.label_smoothing > 0.0 && nn::compares_numbers(loss))
    refuse_usage("train.label_smoothing", "only the cross-entropies have labels to smooth", "leave it out, or choose another loss");
  const Index weights = std::ssize(options.class_weight);
  if (weights > 0 && weights != classes)
    refuse_usage("train.class_weight", "has " + std::to_string(weights) + " weights, the data has " + std::to_string(classes) + " classes",
                 classes > 0 ? "give a weight for each class" : "leave it out: rows with numbers as targets have data.weights");
}

void check_monitors(const TrainOptions& options, Index validation_rows, Index test_rows, Index classes) {
  const auto check = [&](const MonitorOptions& monitor, std::string_view key) {
    const Index rows = monitor.split == data::SplitName::kTrain        ? 1
                       : monitor.split == data::SplitName::kValidation ? validation_rows
                                                                       : test_rows;
    check_monitor(monitor, key, rows, classes);
  };
  if (options.early_stopping.patience) check(options.early_stopping.monitor, "train.early_stopping");
  if (options.schedule_spec() == nullptr) return;
  if (const auto plateau = options.schedule_spec()->plateau()) check(plateau->monitor, "train.schedule");
}

void check_division(const TrainOptions& options) {
  const auto& [accumulate, replicas, sync] = options.division;
  const Index parts = accumulate * replicas;
  const std::vector<Index> sizes = options.batch_sizes.empty() ? std::vector{options.batch_size} : options.batch_sizes;
  const auto uneven = std::find_if(sizes.begin(), sizes.end(), [&](Index size) { return size % parts != 0; });
  if (uneven == sizes.end()) return;
  const std::string count = std::to_string(parts);
  const char* key = accumulate == 1 ? "train.replicas" : replicas == 1 ? "train.accumulate" : "train.accumulate times train.replicas";
  throw Error(ExitCode::kUsage,
              Problem{"", "a batch of " + std::to_string(*uneven) + " rows cannot be divided into " + count + " equal parts (" + key + ")",
                      "make train.batch_size a multiple of " + count});
}

}  // namespace normrun::train
