#include <cmath>

#include "core/elementary.hpp"
#include "nn/kernels/kernels.hpp"
#include "train/optimizers/convention_spec.hpp"
#include "train/optimizers/members.hpp"

namespace normrun::train::optimizers {
namespace {

/// 1 - beta^t: how much of a running mean that started at zero has arrived after t steps.  For the beta of the training
/// precision, since that is the one that the running mean uses.
template <class T>
double arrived(double beta, Index step) {
  return 1.0 - math::power(static_cast<double>(static_cast<T>(beta)), static_cast<std::uint64_t>(step));
}

/// Adam (Kingma & Ba 2015, algorithm 1).  Keras adds epsilon to the root before the bias correction reaches it (the
/// paper's "more efficient" order, section 2), PyTorch after.
class Adam final : public OptimizerOf<Adam> {
 public:
  Adam() { preset(Convention::kKeras); }
  Index slot_count() const override { return 2; }

  StepSize step_size(Index step, double rate, float) const override { return size_at<float>(step, rate); }
  StepSize step_size(Index step, double rate, double) const override { return size_at<double>(step, rate); }

  template <class T>
  auto rule(std::span<T> params, std::span<T> slots, const StepSize& size) const {
    return [by = constants<T>(size), w = params.data(), m = slots.data(), v = slots.data() + params.size()](const UpdatePart<T>& part) {
      nn::kernels::adam_update(by, part.g, w + part.first, m + part.first, v + part.first, part.count);
    };
  }

  bool takes_products() const override { return true; }
  void update_product(std::span<float> params, std::span<float> slots, nn::ParamId kernel, ConstView<float> x, ConstView<float> dy,
                      View<float> dx, const StepSize& size) const override {
    take_product(params, slots, kernel, x, dy, dx, size);
  }
  void update_product(std::span<double> params, std::span<double> slots, nn::ParamId kernel, ConstView<double> x, ConstView<double> dy,
                      View<double> dx, const StepSize& size) const override {
    take_product(params, slots, kernel, x, dy, dx, size);
  }

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
    visitor.number({"epsilon", "keras: added to the root of the uncorrected mean square; torch: of the corrected one (its default 1e-8)"},
                   epsilon_, {.low = 0.0, .high = 1.0, .low_open = true});
  }

 private:
  template <class T>
  StepSize size_at(Index step, double rate) const {
    const double mean_arrived = arrived<T>(beta_1_, step);
    const double root_arrived = std::sqrt(arrived<T>(beta_2_, step));
    if (convention_ == Convention::kKeras) return {rate * root_arrived / mean_arrived, 1.0};
    return {rate / mean_arrived, 1.0 / root_arrived};
  }
  template <class T>
  nn::kernels::AdamStep<T> constants(const StepSize& size) const {
    return {static_cast<T>(size.rate), static_cast<T>(size.root_scale), static_cast<T>(beta_1_), static_cast<T>(beta_2_),
            static_cast<T>(epsilon_)};
  }
  template <class T>
  void take_product(std::span<T> params, std::span<T> slots, nn::ParamId kernel, ConstView<T> x, ConstView<T> dy, View<T> dx,
                    const StepSize& size) const {
    T* const m = slots.data() + kernel.offset;
    nn::kernels::adam_update_product(constants<T>(size), x, dy, params.data() + kernel.offset, m, m + params.size(), dx);
  }

  double beta_1_ = 0.0;
  double beta_2_ = 0.0;
  double epsilon_ = 0.0;
};

}  // namespace

config::FamilyMember adam() {
  return {"adam", "running means of g and g^2, both corrected for their start at zero",
          "Kingma & Ba 2015, algorithm 1; Keras 3 Adam, torch.optim.Adam (2.13)", [] { return std::make_shared<Adam>(); }};
}

}  // namespace normrun::train::optimizers
