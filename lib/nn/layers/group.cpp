// Group normalization normalizes each example by the mean and variance of each group of its channels, over all positions.
//
//   x_hat = (x - mean) / sqrt(var + epsilon),  y = gamma x_hat + beta;  gamma, beta: (channels)
//   mean, var (biased): over the positions and the channels / groups channels of one group of one example
//   with g = dy gamma, per group:  dx = inv_std (g - mean(g) - x_hat mean(g x_hat))
//
// Instance normalization has one group for each channel.  With a single group, the layer is layer normalization over all axes, except that
// gamma has another shape.
//
// The steps of padded sequences count like all positions; neither framework has a mask here.  With "padded_steps": "left-out" only the
// valid steps make the statistics, which normalize the padded steps, too (valid_prefix.hpp).
//
// Source: Wu and He 2018, eq. 7; Keras 3 GroupNormalization (32 groups, epsilon 1e-3; PyTorch 1e-5); Ulyanov et al. 2016, eq. 5.
// Modes: the layer does not read the mode, so train mode and eval mode give the same bits.
#include <cmath>

#include "nn/layers/affine.hpp"
#include "nn/layers/layers.hpp"
#include "nn/layers/valid_prefix.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class GroupNorm;

class GroupNormSpec : public SpecOf<GroupNormSpec, GroupNorm> {
 public:
  enum class Kind { kGroup, kInstance };
  explicit GroupNormSpec(Kind kind) : kind_(kind) {}

  Index groups = 32;
  double epsilon = 1e-3;
  PaddedSteps padded_steps = PaddedSteps::kCounted;
  AffineOptions affine;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    if (kind_ == Kind::kGroup) visitor.integer({"groups", "number of groups, which divides the channels"}, groups, {1, Shape::kMaxSize});
    visitor.number({"epsilon", "added to the variance"}, epsilon, config::at_least(0.0));
    describe_padded_steps(visitor, padded_steps);
    affine.describe(visitor);
  }
  std::string_view type_name() const { return kind_ == Kind::kGroup ? "group" : "instance"; }
  Index groups_of(const Blueprint& blueprint) const {
    if (kind_ == Kind::kInstance) return blueprint.channels();
    if (blueprint.channels() % groups != 0) {
      blueprint.refuse(
          std::to_string(blueprint.channels()) + " channels cannot be divided into " + std::to_string(groups) + " equal groups",
          "give \"groups\" a number that divides the channels");
    }
    return groups;
  }

 private:
  Kind kind_;
};

template <class T>
class GroupNorm final : public Layer<T> {
 public:
  GroupNorm(const GroupNormSpec& spec, Blueprint& blueprint)
      : channels_(blueprint.channels()),
        positions_(blueprint.input().positions()),
        groups_(spec.groups_of(blueprint)),
        leaves_out_(blueprint.input().rank() == 2 && spec.padded_steps == PaddedSteps::kLeftOut),
        epsilon_(static_cast<T>(spec.epsilon)),
        affine_(spec.affine, blueprint, {channels_}),
        mean_(blueprint.per_example(groups_)),
        inv_std_(blueprint.per_example(groups_)),
        grouped_x_hat_(blueprint.per_example(blueprint.input().size())),
        grouped_(blueprint.per_example(blueprint.input().size())),
        x_hat_(blueprint.per_example(blueprint.input().size())) {
    blueprint.normalization({.type = std::string(spec.type_name()),
                             .features = channels_,
                             .epsilon = spec.epsilon,
                             .padded_steps = blueprint.input().rank() == 2 ? spec.padded_steps : PaddedSteps::kLeftOut,
                             .gamma = affine_.gamma_id(),
                             .beta = affine_.beta_id()});
  }

  void forward(const Forward<T>& call) const override {
    const Index rows = call.examples * groups_;
    const View<T> x = rows_by_group(call.caches[grouped_], rows);
    const View<T> grouped_x_hat = rows_by_group(call.caches[grouped_x_hat_], rows);
    T* mean = call.caches[mean_];
    T* inv_std = call.caches[inv_std_];
    gather(call.x, x);
    if (leaves_out_ && call.lengths != nullptr) {
      prefix_moments<T>(x, valid(call.lengths), mean, inv_std);
    } else {
      kernels::row_moments<T>(x, mean, inv_std);
    }
    kernels::inverse_std<T>(inv_std, epsilon_, inv_std, rows);
    kernels::normalize_rows<T>({x, mean, inv_std}, {}, nullptr, grouped_x_hat);

    const View<T> x_hat(call.caches[x_hat_], call.x.rows, channels_);
    scatter(grouped_x_hat, x_hat);
    const T* gamma = affine_.gamma(call.params);
    const T* beta = affine_.beta(call.params);
    for (Index r = 0; r < call.y.rows; ++r) {
      for (Index c = 0; c < channels_; ++c) {
        call.y(r, c) = std::fma(gamma != nullptr ? gamma[c] : T{1}, x_hat(r, c), beta != nullptr ? beta[c] : T{0});
      }
    }
  }

  void backward(const Backward<T>& call) const override {
    const View<T> x_hat(call.caches[x_hat_], call.x.rows, channels_);
    affine_.gradients(ConstView<T>(x_hat), call.dy, call.grads);
    if (call.dx.data == nullptr) return;
    const Index rows = call.examples * groups_;
    const View<T> g = x_hat;  // reuses the cache, whose numbers nobody needs any more
    if (const T* gamma = affine_.gamma(call.params)) {
      kernels::scale_columns<T>(call.dy, gamma, g);
    } else {
      std::copy(call.dy.begin(), call.dy.end(), g.begin());
    }
    const View<T> grouped_g = rows_by_group(call.caches[grouped_], rows);
    gather(ConstView<T>(g), grouped_g);
    const View<T> grouped_dx = rows_by_group(x_hat.data, rows);
    const ConstView<T> grouped_x_hat = rows_by_group(call.caches[grouped_x_hat_], rows);
    if (leaves_out_ && call.lengths != nullptr) {
      normalize_prefix_backward<T>(grouped_x_hat, grouped_g, nullptr, call.caches[inv_std_], valid(call.lengths), grouped_dx);
    } else {
      kernels::normalize_rows_backward<T>(grouped_x_hat, grouped_g, nullptr, call.caches[inv_std_], grouped_dx);
    }
    scatter(grouped_dx, call.dx);
  }

 private:
  ValidPrefix valid(const Index* lengths) const { return {lengths, groups_, group_channels()}; }
  Index group_channels() const { return channels_ / groups_; }
  View<T> rows_by_group(T* data, Index rows) const { return {data, rows, positions_ * group_channels()}; }

  /// Copies (examples * positions, channels) to (examples * groups, positions * channels of a group).  `scatter` copies back.
  void gather(ConstView<T> x, View<T> grouped) const {
    for (Index r = 0; r < x.rows; ++r) {
      for (Index group = 0; group < groups_; ++group)
        std::copy_n(x.row(r) + group * group_channels(), group_channels(), place(grouped, r, group));
    }
  }
  void scatter(ConstView<T> grouped, View<T> x) const {
    for (Index r = 0; r < x.rows; ++r) {
      for (Index group = 0; group < groups_; ++group)
        std::copy_n(place(grouped, r, group), group_channels(), x.row(r) + group * group_channels());
    }
  }
  /// Where the channels of a group lie for row r = example * positions + position of x.
  template <class Element>
  Element* place(View<Element> grouped, Index r, Index group) const {
    return grouped.row(r / positions_ * groups_ + group) + r % positions_ * group_channels();
  }

  Index channels_;
  Index positions_;
  Index groups_;
  bool leaves_out_;  // whether padded steps are left out, which only inputs (steps, channels) have
  T epsilon_;
  GammaAndBeta affine_;
  CacheId mean_;  // (examples * groups)
  CacheId inv_std_;
  CacheId grouped_x_hat_;  // (examples * groups, positions * channels of a group)
  CacheId grouped_;        // (examples * groups, positions * channels of a group): x, later g
  CacheId x_hat_;          // (rows, channels): x_hat, later g and dx
};

}  // namespace

config::FamilyMember group() {
  return {"group", "group normalization: normalizes each example by the mean and variance of groups of its channels, in every mode",
          "Wu and He 2018, eq. 7; Keras 3 GroupNormalization", [] { return std::make_shared<GroupNormSpec>(GroupNormSpec::Kind::kGroup); }};
}
config::FamilyMember instance() {
  return {"instance",
          "instance normalization: normalizes each channel of each example by its mean and variance over the positions, in every mode",
          "Ulyanov, Vedaldi and Lempitsky 2016, eq. 5; PyTorch 2 InstanceNorm2d (there epsilon 1e-5 and no gamma and beta)",
          [] { return std::make_shared<GroupNormSpec>(GroupNormSpec::Kind::kInstance); }};
}

}  // namespace normrun::nn::layers
