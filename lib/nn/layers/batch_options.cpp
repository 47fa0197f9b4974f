#include "nn/layers/batch.hpp"

namespace normrun::nn::layers {
namespace {

void take_defaults(Preset convention, BatchOptions& options) {
  options.momentum = convention == Preset::kTorch ? 0.9 : 0.99;
  options.epsilon = convention == Preset::kKeras ? 1e-3 : 1e-5;
  options.moving_variance = convention == Preset::kTorch ? MovingVariance::kUnbiased : MovingVariance::kBiased;
}

}  // namespace

void BatchOptions::describe(config::OptionVisitor& visitor) {
  const Preset before = convention;
  visitor.choice({"convention",
                  "whose defaults momentum, epsilon and moving_variance have: keras 0.99, 1e-3, biased; "
                  "torch 0.9 (its momentum=0.1), 1e-5, unbiased; flax 0.99, 1e-5, biased.  With \"momentum_weighs\": \"new\" the momenta "
                  "are 0.01, 0.1 and 0.01"},
                 convention, {{"keras", Preset::kKeras}, {"torch", Preset::kTorch}, {"flax", Preset::kFlax}});
  if (convention != before) take_defaults(convention, *this);
  visitor.number({"momentum",
                  "weight of the old value in the moving averages, or of the new one with \"momentum_weighs\": \"new\".  1 - momentum is "
                  "formed in the run's precision"},
                 momentum, config::between(0.0, 1.0));
  visitor.choice({"momentum_weighs",
                  "old: the moving averages keep `momentum` of the old value (Keras, flax); new: they take `momentum` of the new one "
                  "(PyTorch). With a number meant for the other framework the averages follow the last batches or hardly move"},
                 momentum_weighs, {{"old", MomentumWeighs::kOld}, {"new", MomentumWeighs::kNew}});
  const bool reads_default_as_new = visitor.given("momentum_weighs") && momentum_weighs == MomentumWeighs::kNew;
  if (reads_default_as_new && !visitor.given("momentum")) momentum = convention == Preset::kTorch ? 0.1 : 0.01;
  visitor.number({"epsilon", "added to the variance"}, epsilon, config::at_least(0.0));
  visitor.choice({"moving_variance",
                  "which variance of a batch the moving variance averages; the batch itself is always normalized by its biased variance.  "
                  "unbiased: a batch of one row has none, so it moves the mean alone"},
                 moving_variance, {{"biased", MovingVariance::kBiased}, {"unbiased", MovingVariance::kUnbiased}});
  visitor.choice(
      {"average", "how the batches are averaged"}, average,
      {{"exponential", Average::kExponential}, {"cumulative", Average::kCumulative}, {"bias-corrected", Average::kBiasCorrected}});
  visitor.number({"initial_mean", "the moving mean before the first update"}, initial_mean, config::any_number());
  visitor.number({"initial_variance", "the moving variance before the first update"}, initial_variance, config::at_least(0.0));
  visitor.choice(
      {"time",
       "of a sequence (time, channels): statistics shared by all steps, or of each step for itself.  Where padded steps are left "
       "out, shared sums are divided by the valid steps + 1e-7 (Keras), those of a step by its valid rows"},
      time, {{"shared", Time::kShared}, {"per-step", Time::kPerStep}});
  visitor.choice({"padded_steps",
                  "of padded sequences: left out of the statistics, as Keras does with a mask, or counted as steps like any other, as "
                  "PyTorch does; to-longest: counted up to the end of the longest sequence of the batch, as where each batch is padded by "
                  "itself"},
                 padded_steps,
                 {{"left-out", PaddedSteps::kLeftOut}, {"counted", PaddedSteps::kCounted}, {"to-longest", PaddedSteps::kToLongest}});
  visitor.count({"ghost_batch_size",
                 "examples that share batch statistics (ghost batches, Hoffer et al. 2017): train mode divides each batch, micro-batch or "
                 "replica's part into groups of at most so many consecutive examples, and each group moves the averages once; all: the "
                 "whole batch"},
                ghost_batch_size, {1, Index{1} << 30}, {"all"});
  visitor.require(time == Time::kShared || most_together() == 0, "ghost_batch_size", "\"all\" beside \"time\": \"per-step\"");
  visitor.require(padded_steps != PaddedSteps::kToLongest || (time == Time::kShared && most_together() == 0), "padded_steps",
                  "\"left-out\" or \"counted\" beside ghost batches or statistics of each step");
  affine.describe(visitor);
}

}  // namespace normrun::nn::layers
