#include "compare/compare_options.hpp"

#include <algorithm>

#include "compare/modes.hpp"

namespace normrun::compare {
namespace {

constexpr std::string_view kSplitWords[] = {"train", "validation", "test"};

}  // namespace

void CompareOptions::describe(config::OptionVisitor& visitor) {
  visitor.pairs({"pairs",
                 "pairs of modes whose outputs are compared; a gap is the first mode minus the second.  mixed-0.1 mixes the moving "
                 "statistics with those of the batch, which weigh 0.1; with mixed-16-rows they weigh n / (16 + n) for n rows"},
                pairs, comparison_mode_names());
  for (const auto& [a, b] : pairs) {
    for (const std::string& name : {a, b})
      visitor.require(is_comparison_mode(name), "pairs",
                      "modes that mix with a weight from 0 to 1 or a number of rows, not \"" + name + "\"");
  }
  visitor.counts({"eval_batch_sizes",
                  "how many rows share batch statistics in a comparison; \"train\" is the run's own batch size, \"all\" one batch"},
                 eval_batch_sizes, {.low = 1}, {"train", "all"});
  visitor.texts({"splits", "the rows that are compared: train, validation, test"}, splits);
  for (const std::string& split : splits) {
    visitor.require(std::find(std::begin(kSplitWords), std::end(kSplitWords), split) != std::end(kSplitWords), "splits",
                    "train, validation or test, not \"" + split + "\"");
  }
  visitor.choice<CompareOn>({"on",
                             "outputs: what the last layer gives; logits: what a last activation (softmax, sigmoid, tanh, relu) takes, "
                             "whatever the loss"},
                            on, {{"outputs", CompareOn::kOutputs}, {"logits", CompareOn::kLogits}});
  visitor.choice<CompareBatching>({"batching",
                                   "which rows share a batch. random: consecutive rows of one shuffled order for each seed; "
                                   "data.batching is ignored. training: batches of train.batch_size that data.batching draws, until "
                                   "each row has been in one. Either way each row counts once."},
                                  batching, {{"random", CompareBatching::kRandom}, {"training", CompareBatching::kTraining}});
  visitor.integer({"every_steps", "also compare after every so many steps, to follow the statistics while they move; 0: at the end only"},
                  every_steps, {.low = 0});
  visitor.integer(
      {"train_history_every",
       "score the training rows in eval mode for history.csv after every so many epochs (if train.history has eval); absent: never"},
      train_history_every, {.low = 1});
  visitor.integer({"outputs", "how many rows of each split have their outputs in outputs.csv"}, outputs, {.low = 0});
  visitor.texts({"budget", "train-eval gaps whose causes budget.csv tells apart: loss, outputs; an empty list turns budget.csv off"},
                budget);
  for (const std::string& metric : budget)
    visitor.require(metric == "loss" || metric == "outputs", "budget", "loss or outputs, not \"" + metric + "\"");
  visitor.flag(
      {"diagnosis", "judge each trained network: what is wrong in eval mode, why, and what repairs it (diagnosis.csv, remedies.csv)"},
      diagnosis);
  visitor.number({"accuracy_margin", "the diagnosis ignores a smaller difference in accuracy"}, margins.accuracy,
                 config::between(0.0, 1.0));
  visitor.number({"loss_margin", "the diagnosis ignores a smaller difference in cross-entropy: nats a row, after one temperature"},
                 margins.loss, config::at_least(0.0));
  visitor.number({"variance_margin", "the diagnosis ignores a smaller difference in squared error, as a share of the targets' variance"},
                 margins.variance, config::at_least(0.0));
}

}  // namespace normrun::compare
