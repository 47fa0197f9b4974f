#include <cmath>

#include "core/elementary.hpp"
#include "nn/kernels/kernels.hpp"
#include "train/optimizers/convention_spec.hpp"
#include "train/optimizers/members.hpp"

namespace normrun::train::optimizers {
namespace {

/// Returns 1 - beta^t: after t steps, a running mean that started at zero is too small by this factor. beta has the precision of the
/// training, because the running mean uses it in that precision.
double bias_correction(const math::Powers& beta, Index step) { return 1.0 - beta(static_cast<std::uint64_t>(step)); }

/// Adam (Kingma & Ba 2015, algorithm 1): running means m of g and v of g^2, both corrected for their start at zero, and
/// w -= lr m / (sqrt(v) + epsilon).  Keras adds epsilon to the root before its bias correction (the paper's "more efficient" order,
/// section 2), PyTorch after it.
class Adam : public OptimizerOf<Adam> {
 public:
  Adam() { Adam::preset(Convention::kKeras); }
  Index slot_count() const override { return 2; }

  template <class T>
  class Update;

 protected:
  void preset(Convention convention) override {
    learning_rate = 1e-3;
    beta_1_ = 0.9;
    beta_2_ = 0.999;
    epsilon_ = convention == Convention::kKeras ? 1e-7 : 1e-8;
  }
  void describe_own(config::OptionVisitor& visitor) override {
    visitor.number({"beta_1", "weight of the old value in the running mean of g"}, beta_1_, {.low = 0.0, .high = 1.0, .high_open = true});
    visitor.number({"beta_2", "weight of the old value in the running mean of g^2"}, beta_2_, {.low = 0.0, .high = 1.0, .high_open = true});
    visitor.number(
        {"epsilon", "keras: added to the root of the uncorrected mean square; torch: added to the root of the corrected one (there 1e-8)"},
        epsilon_, {.low = 0.0, .high = 1.0, .low_open = true});
  }

 private:
  double beta_1_ = 0.0;
  double beta_2_ = 0.0;
  double epsilon_ = 0.0;
};

/// Adam with decoupled weight decay in both conventions (Loshchilov & Hutter 2019, algorithm 2): before the update, w -= lr * weight_decay
/// * w.
class AdamW final : public Adam {
 public:
  AdamW() { preset(Convention::kKeras); }

 protected:
  void preset(Convention convention) override {
    Adam::preset(convention);
    weight_decay = convention == Convention::kKeras ? 0.004 : 0.01;
  }
  bool always_decouples() const override { return true; }
};

template <class T>
class Adam::Update final : public Optimizer<T> {
 public:
  explicit Update(const Adam& spec)
      : Optimizer<T>(spec.decay()),
        convention_(spec.convention_),
        beta_1_(static_cast<T>(spec.beta_1_)),
        beta_2_(static_cast<T>(spec.beta_2_)),
        epsilon_(static_cast<T>(spec.epsilon_)),
        powers_of_beta_1_(static_cast<double>(beta_1_)),
        powers_of_beta_2_(static_cast<double>(beta_2_)) {}

  StepSize step_size(const TrainingStep& step) const override {
    const double mean_correction = bias_correction(powers_of_beta_1_, step.number);
    const double root_correction = std::sqrt(bias_correction(powers_of_beta_2_, step.number));
    if (convention_ == Convention::kKeras) return {.rate = step.learning_rate * root_correction / mean_correction};
    return {.rate = step.learning_rate / mean_correction, .root_scale = 1.0 / root_correction};
  }
  void update_range(const OptimizerBuffers<T>& buffers, const ParamRange& range, const T* g, const StepSize& size) const override {
    nn::kernels::adam_update<T>(constants(size), g, at(buffers, range.offset), range.size);
  }
  bool updates_kernels() const override { return true; }
  void update_kernel(const OptimizerBuffers<T>& buffers, const nn::KernelGradient<T>& gradient, const StepSize& size) const override {
    nn::kernels::adam_update_product<T>(constants(size), gradient.x, gradient.dy, at(buffers, gradient.kernel.offset), gradient.dx);
  }

 private:
  nn::kernels::AdamStep<T> constants(const StepSize& size) const {
    return {.step = static_cast<T>(size.rate),
            .root_scale = static_cast<T>(size.root_scale),
            .beta_1 = beta_1_,
            .beta_2 = beta_2_,
            .epsilon = epsilon_};
  }
  /// Returns the parameters and their two slots, from parameter number `first` on.
  static nn::kernels::AdamBuffers<T> at(const OptimizerBuffers<T>& buffers, Index first) {
    T* const m = buffers.slots.data() + first;
    return {.w = buffers.params.data() + first, .m = m, .v = m + buffers.params.size()};
  }

  Convention convention_;
  T beta_1_;
  T beta_2_;
  T epsilon_;
  math::Powers powers_of_beta_1_;
  math::Powers powers_of_beta_2_;
};

}  // namespace

config::FamilyMember adam() {
  return {"adam", "running means of g and g^2, both corrected for their start at zero",
          "Kingma & Ba 2015, algorithm 1; Keras 3 Adam, torch.optim.Adam (2.13)", [] { return std::make_shared<Adam>(); }};
}

config::FamilyMember adamw() {
  return {"adamw", "adam with decoupled weight decay in both conventions (default 0.004, torch 0.01)",
          "Loshchilov & Hutter 2019, algorithm 2; Keras 3 AdamW, torch.optim.AdamW (2.13)", [] { return std::make_shared<AdamW>(); }};
}

}  // namespace normrun::train::optimizers
