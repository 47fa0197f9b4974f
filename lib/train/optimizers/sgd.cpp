#include "nn/kernels/kernels.hpp"
#include "train/optimizers/convention_spec.hpp"
#include "train/optimizers/members.hpp"

namespace normrun::train::optimizers {
namespace {

/// Stochastic gradient descent: plain, with momentum (Polyak 1964), or in Nesterov's form (Sutskever et al. 2013).
///   plain     w -= lr g
///   momentum  keras: v = momentum v - lr g, w += v;  torch: v = momentum v + g, w -= lr v
/// The two conventions agree while the learning rate is constant and differ when it changes, because Keras keeps the learning rate inside
/// the velocity.
class Sgd final : public OptimizerOf<Sgd> {
 public:
  Sgd() { preset(Convention::kKeras); }
  Index slot_count() const override { return momentum_ > 0.0 ? 1 : 0; }

  template <class T>
  class Update;

 protected:
  void preset(Convention convention) override {
    learning_rate = convention == Convention::kKeras ? 0.01 : 1e-3;
    momentum_ = 0.0;
    nesterov_ = false;
  }
  void describe_own(config::OptionVisitor& visitor) override {
    visitor.number(
        {"momentum",
         "the share of the velocity that a step keeps; keras: v = momentum v - lr g, w += v; torch: v = momentum v + g, w -= lr v"},
        momentum_, config::between(0.0, 1.0));
    visitor.flag(
        {"nesterov",
         "whether a step uses the velocity that the next step would have; with momentum 0, keras does plain descent, and torch refuses"},
        nesterov_);
    visitor.require(!nesterov_ || momentum_ > 0.0 || convention_ == Convention::kKeras, "nesterov",
                    "a momentum above 0 beside nesterov, as PyTorch does");
  }

 private:
  double momentum_ = 0.0;
  bool nesterov_ = false;
};

template <class T>
class Sgd::Update final : public Optimizer<T> {
 public:
  explicit Update(const Sgd& spec)
      : Optimizer<T>(spec.decay()),
        has_velocity_(spec.momentum_ > 0.0),
        convention_(spec.convention_),
        momentum_(static_cast<T>(spec.momentum_)),
        kind_(spec.nesterov_ ? nn::kernels::Momentum::kNesterov : nn::kernels::Momentum::kPlain) {}

  void update_range(const OptimizerBuffers<T>& buffers, const ParamRange& range, const T* g, const StepSize& size) const override {
    const T rate = static_cast<T>(size.rate);
    T* const w = buffers.params.data() + range.offset;
    if (!has_velocity_) return nn::kernels::sgd_update<T>(w, g, rate, range.size);
    T* const v = buffers.slots.data() + range.offset;
    const nn::kernels::MomentumStep<T> by{.learning_rate = rate, .momentum = momentum_, .kind = kind_};
    if (convention_ == Convention::kKeras)
      nn::kernels::momentum_update_keras<T>(by, g, w, v, range.size);
    else
      nn::kernels::momentum_update_torch<T>(by, g, w, v, range.size);
  }

 private:
  bool has_velocity_;
  Convention convention_;
  T momentum_;
  nn::kernels::Momentum kind_;
};

}  // namespace

config::FamilyMember sgd() {
  return {"sgd", "w -= learning_rate * g, optionally with momentum and Nesterov's look-ahead", "Keras 3 SGD, torch.optim.SGD (2.13)",
          [] { return std::make_shared<Sgd>(); }};
}

}  // namespace normrun::train::optimizers
