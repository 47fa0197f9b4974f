#include "nn/kernels/kernels.hpp"
#include "train/optimizers/convention_spec.hpp"
#include "train/optimizers/members.hpp"

namespace normrun::train::optimizers {
namespace {

/// Stochastic gradient descent, plain, with momentum (Polyak 1964) or Nesterov's form (Sutskever et al. 2013).  The two
/// conventions agree at a constant learning rate and differ when it changes: Keras keeps it inside the velocity.
class Sgd final : public OptimizerOf<Sgd> {
 public:
  Sgd() { preset(Convention::kKeras); }
  Index slot_count() const override { return momentum_ > 0.0 ? 1 : 0; }

  template <class T>
  auto rule(std::span<T> params, std::span<T> slots, const StepSize& size) const {
    return [this, rate = static_cast<T>(size.rate), w = params.data(), v = slots.data()](const UpdatePart<T>& part) {
      const T momentum = static_cast<T>(momentum_);
      const auto kind = nesterov_ ? nn::kernels::Momentum::kNesterov : nn::kernels::Momentum::kPlain;
      if (momentum_ == 0.0)
        nn::kernels::sgd_update(w + part.first, part.g, rate, part.count);
      else if (convention_ == Convention::kKeras)
        nn::kernels::momentum_update_keras(w + part.first, part.g, v + part.first, rate, momentum, kind, part.count);
      else
        nn::kernels::momentum_update_torch(w + part.first, part.g, v + part.first, rate, momentum, kind, part.count);
    };
  }

 protected:
  void preset(Convention convention) override {
    learning_rate = convention == Convention::kKeras ? 0.01 : 1e-3;
    momentum_ = 0.0;
    nesterov_ = false;
  }
  void describe_own(config::OptionVisitor& visitor) override {
    visitor.number(
        {"momentum", "share of the velocity that is kept; keras: v = momentum v - lr g, w += v; torch: v = momentum v + g, w -= lr v"},
        momentum_, config::between(0.0, 1.0));
    visitor.flag({"nesterov", "step by the velocity that the next step would have"}, nesterov_);
    visitor.require(!nesterov_ || momentum_ > 0.0, "nesterov", "a momentum above 0 beside nesterov");
  }

 private:
  double momentum_ = 0.0;
  bool nesterov_ = false;
};

}  // namespace

config::FamilyMember sgd() {
  return {"sgd", "w -= learning_rate * g, with momentum and Nesterov's look-ahead on demand", "Keras 3 SGD, torch.optim.SGD (2.13)",
          [] { return std::make_shared<Sgd>(); }};
}

}  // namespace normrun::train::optimizers
