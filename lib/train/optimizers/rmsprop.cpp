#include "nn/kernels/kernels.hpp"
#include "train/optimizers/convention_spec.hpp"
#include "train/optimizers/members.hpp"

namespace normrun::train::optimizers {
namespace {

/// RMSprop (Tieleman & Hinton 2012), without momentum or centring: v = rho v + (1 - rho) g^2, then
///   keras: w -= lr g / sqrt(v + epsilon);  torch: w -= lr g / (sqrt(v) + epsilon)
class Rmsprop final : public OptimizerOf<Rmsprop> {
 public:
  Rmsprop() { preset(Convention::kKeras); }
  Index slot_count() const override { return 1; }

  template <class T>
  class Update;

 protected:
  void preset(Convention convention) override {
    const bool is_keras = convention == Convention::kKeras;
    learning_rate = is_keras ? 1e-3 : 0.01;
    rho_ = is_keras ? 0.9 : 0.99;
    epsilon_ = is_keras ? 1e-7 : 1e-8;
  }
  void describe_own(config::OptionVisitor& visitor) override {
    visitor.number({"rho", "weight of the old value in the running mean of g^2 (torch's alpha, there 0.99)"}, rho_,
                   {.low = 0.0, .high = 1.0, .high_open = true});
    visitor.number({"epsilon", "keras: inside the root, g / sqrt(v + epsilon); torch: outside, g / (sqrt(v) + epsilon), there 1e-8"},
                   epsilon_, {.low = 0.0, .high = 1.0, .low_open = true});
  }

 private:
  double rho_ = 0.0;
  double epsilon_ = 0.0;
};

template <class T>
class Rmsprop::Update final : public Optimizer<T> {
 public:
  explicit Update(const Rmsprop& spec)
      : Optimizer<T>(spec.decay()),
        rho_(static_cast<T>(spec.rho_)),
        epsilon_(static_cast<T>(spec.epsilon_)),
        place_(spec.convention_ == Convention::kKeras ? nn::kernels::EpsilonPlace::kInsideRoot : nn::kernels::EpsilonPlace::kOutsideRoot) {}

  void update_range(const OptimizerBuffers<T>& buffers, const ParamRange& range, const T* g, const StepSize& size) const override {
    const nn::kernels::RmspropStep<T> by{.learning_rate = static_cast<T>(size.rate), .rho = rho_, .epsilon = epsilon_, .place = place_};
    nn::kernels::rmsprop_update<T>(by, g, buffers.params.data() + range.offset, buffers.slots.data() + range.offset, range.size);
  }

 private:
  T rho_;
  T epsilon_;
  nn::kernels::EpsilonPlace place_;
};

}  // namespace

config::FamilyMember rmsprop() {
  return {"rmsprop", "g over the root of its running mean square",
          "Tieleman & Hinton 2012, lecture 6.5; Keras 3 RMSprop, torch.optim.RMSprop (2.13)", [] { return std::make_shared<Rmsprop>(); }};
}

}  // namespace normrun::train::optimizers
