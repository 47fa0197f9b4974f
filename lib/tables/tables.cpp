#include "tables/tables.hpp"

#include <algorithm>

namespace normrun::tables {
namespace {

constexpr Column kEpoch{"epoch", "integer", "complete epochs; the last line of a run is its final state"};
constexpr Column kStep{"step", "integer", "optimizer steps done"};
constexpr Column kSplit{"split", "string", "train, validation or test"};
constexpr Column kEvalBatchSize{"eval_batch_size", "integer",
                                "rows that share batch statistics; empty where the mode does not depend on it"};

const std::vector<Table> kTables = {
    {TableId::kRuns,
     "runs.csv",
     "one row per run: how it ended",
     {{"status", "string", "ok, failed or diverged: a loss or parameter in training, or eval mode afterwards, is not finite"},
      {"error", "string", "what went wrong, empty for ok; of a diverged run the first tensor that was not finite"},
      {"precision", "string", "float32 or float64"},
      {"parameters", "integer", "trained parameters"},
      {"steps", "integer", "optimizer steps done"},
      {"train_loss", "number", "mean over the last epoch's steps, in the step's own mode"},
      {"train_accuracy", "number", "the same for the accuracy, 0 to 1; empty for regression"},
      {"test_loss_eval", "number", "test split, eval mode; empty, as its accuracy, where an output or the loss is not finite"},
      {"test_accuracy_eval", "number", "test split, eval mode"},
      {"test_loss_train", "number", "test split, train mode at the run's batch size, every row once"},
      {"test_accuracy_train", "number", "the same for the accuracy"},
      {"relative_gap", "number", "test split, train mode at the run's batch size against eval mode: as in compare.csv"},
      {"test_samples", "integer", "rows of the test split: all of them count, in both modes"}}},
    {TableId::kHistory,
     "history.csv",
     "one row per run, epoch, split and mode: the learning curves",
     {kEpoch,
      kStep,
      kSplit,
      {"mode", "string", "train or eval; the train split in train mode is the running mean of the epoch's steps"},
      {"loss", "number", "mean loss; empty, as the accuracy, where an output or the loss is not finite"},
      {"accuracy", "number", "0 to 1; empty for regression"},
      {"samples", "integer", "rows that count"}}},
    {TableId::kCompare,
     "compare.csv",
     "one row per run, step, split, pair of modes and evaluation batch size: gaps are mode_a - mode_b",
     {kEpoch,
      kStep,
      kSplit,
      {"eval_batch_size", "integer", "rows of each evaluation batch; where it exceeds samples the batch is the whole split"},
      {"mode_a", "string", "see docs/modes.md"},
      {"mode_b", "string", "see docs/modes.md"},
      {"samples", "integer", "rows that count: every row of the split, once"},
      {"max_abs", "number", "largest |a - b| over samples and outputs; empty, as all that compares, where an output is not finite"},
      {"mean_abs", "number", "mean |a - b|"},
      {"rms", "number", "root of the mean (a - b)^2"},
      {"relative_gap", "number", "rms / standard deviation (ddof 0) of mode_b's outputs; empty where that is 0 but for rounding"},
      {"rel_l2", "number", "|a - b| / |b|, Euclidean norms over all samples and outputs"},
      {"cosine", "number", "a.b / (|a| |b|)"},
      {"kl", "number",
       "mean Kullback-Leibler divergence of softmax(a) from softmax(b), nats; of softmax cross-entropy only, so empty for one logit"},
      {"disagreement", "number", "share of the samples whose predicted class differs"},
      {"loss_a", "number", "mean loss in mode_a; empty, as the accuracy, where an output or the loss is not finite"},
      {"loss_b", "number", "mean loss in mode_b"},
      {"loss_gap", "number", "loss_a - loss_b"},
      {"accuracy_a", "number", "0 to 1"},
      {"accuracy_b", "number", "0 to 1"},
      {"accuracy_gap", "number", "accuracy_a - accuracy_b"}}},
    {TableId::kClasses,
     "classes.csv",
     "one row per run, split, mode and class",
     {kSplit,
      {"mode", "string", "see docs/modes.md"},
      kEvalBatchSize,
      {"class", "string", "the data file's word or number; from 0 where the data are generated"},
      {"samples", "integer", "rows of this class"},
      {"recall", "number", "right among the rows of this class; empty, as the precision, where an output is not finite"},
      {"precision", "number", "right among the rows predicted as this class; empty where none is"}}},
    {TableId::kLayers,
     "layers.csv",
     "one row per run, step and normalization layer: moving against population statistics",
     {kEpoch,
      kStep,
      {"layer", "string", "the layer's name"},
      {"type", "string", "batch, layer, …"},
      {"features", "integer", "normalized channels"},
      {"updates", "integer", "how often the moving statistics moved"},
      {"momentum", "number", "weight of the old value"},
      {"init_share", "number", "momentum^updates: share of the initial 0 and 1 still in the moving statistics"},
      {"mean_gap", "number", "rms over channels of |moving_mean - population_mean| / population standard deviation"},
      {"var_ratio", "number", "geometric mean over channels of moving / population variance"},
      {"dead_channels", "integer", "channels whose population variance is 0 but for rounding, left out of the other columns"},
      {"worst_channel", "integer", "channel of the largest mean gap, from 0"},
      {"worst_gap", "number", "its gap in population standard deviations"}}},
    {TableId::kChannels,
     "channels.csv",
     "one row per run, step, normalization layer and channel",
     {kEpoch,
      kStep,
      {"layer", "string", "the layer's name"},
      {"channel", "integer", "from 0"},
      {"moving_mean", "number", "as eval mode uses it"},
      {"moving_variance", "number", "as eval mode uses it"},
      {"population_mean", "number", "over population.split"},
      {"population_variance", "number", "biased, over population.split; 0 of a dead channel"},
      {"gamma", "number", "learned scale"},
      {"beta", "number", "learned offset"}}},
    {TableId::kOutputs,
     "outputs.csv",
     "one row per run, sample, output and mode (compare.outputs rows of each split)",
     {kSplit,
      {"sample", "integer", "row of the split, from 0"},
      {"output", "integer", "from 0"},
      {"mode", "string", "see docs/modes.md"},
      kEvalBatchSize,
      {"value", "number", "the output"}}},
    {TableId::kTiming,
     "timing.csv",
     "one row per run: wall-clock times, the only table that differs between repetitions",
     {{"setup_seconds", "number", "data, network, initialization"},
      {"train_seconds", "number", "training steps and epoch evaluations"},
      {"compare_seconds", "number", "population statistics and comparisons"},
      {"steps_per_second", "number", "steps / train_seconds"},
      {"samples_per_second", "number", "trained rows / train_seconds"},
      {"predict_microseconds", "number", "one row through the network in eval mode"},
      {"peak_rss_bytes", "integer", "of the whole process so far"}}},
    {TableId::kBudget,
     "budget.csv",
     "one row per run, split, metric, cause, layer and statistic: what the gap between train mode and eval mode is made of",
     {kSplit,
      {"layer", "string", "the layer repaired alone; all: every layer; interaction: what the layers alone do not add up to"},
      {"cause", "string", "in the order of repair: see docs/gap_budget.md"},
      {"statistic", "string", "mean or variance, repaired alone; both: the two"},
      {"metric", "string", "loss: mean loss in train mode - in eval mode; outputs: relative_gap of train mode from eval mode"},
      {"gap_before", "number", "with the causes before repaired in every layer"},
      {"gap_after", "number", "with this one repaired too"},
      {"share", "number",
       "of the whole gap: (before - after) / gap for the loss, (before^2 - after^2) / gap^2 for the outputs; empty where there is no "
       "gap"}}},
    {TableId::kProbes,
     "probes.csv",
     "one row per run and probe (those that the config's probes name)",
     {{"probe", "string", "its name, see `normrun list probes`"},
      {"value", "number", "empty where the probe does not apply to the network or the data"}}},
    {TableId::kScores,
     "scores.csv",
     "one row per run, split, mode, metric and target: how good the predictions are",
     {kSplit,
      {"mode", "string", "see README.md, Modes"},
      kEvalBatchSize,
      {"metric", "string", "of classes auc (one against the others) and f1; of numbers mae, rmse and r2, in the data file's units"},
      {"target", "string", "the class or the column to predict; empty for all of them"},
      {"value", "number", "empty where it does not apply, as the auc of a class without rows"}}},
};

const std::vector<Column> kKeyColumns = {
    {"run_id", "string", "norm-b<batch size>-s<seed>, and 8 hex digits of the other swept values"},
    {"norm", "string", "the normalization: type or name"},
    {"batch_size", "integer", "rows of a training batch"},
    {"seed", "integer", "of data, initialization, order and dropout"},
};

}  // namespace

const std::vector<Table>& tables() { return kTables; }
const Table& table(TableId id) { return kTables[static_cast<std::size_t>(id)]; }
const Column* find_column(const std::vector<Column>& columns, std::string_view name) {
  const auto found = std::find_if(columns.begin(), columns.end(), [name](const Column& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}
std::size_t own_place(TableId id, std::string_view name) {
  const std::vector<Column>& columns = table(id).columns;
  return static_cast<std::size_t>(find_column(columns, name) - columns.data());
}
const std::vector<Column>& key_columns() { return kKeyColumns; }

}  // namespace normrun::tables
