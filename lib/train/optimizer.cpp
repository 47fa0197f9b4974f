#include "train/optimizer.hpp"

#include <algorithm>
#include <stdexcept>

#include "train/optimizers/members.hpp"

namespace normrun::train {
namespace {

bool decays(nn::ParamRole role, const OptimizerSpec& optimizer) {
  return role == nn::ParamRole::kWeight || (role == nn::ParamRole::kNormalization && optimizer.decay_normalization);
}

}  // namespace

void OptimizerSpec::update_product(std::span<float>, std::span<float>, nn::ParamId, ConstView<float>, ConstView<float>, View<float>,
                                   const StepSize&) const {
  throw std::logic_error("an optimizer that takes no products");
}
void OptimizerSpec::update_product(std::span<double>, std::span<double>, nn::ParamId, ConstView<double>, ConstView<double>, View<double>,
                                   const StepSize&) const {
  throw std::logic_error("an optimizer that takes no products");
}

const config::Family& optimizer_family() {
  static const config::Family kFamily{"optimizer", {optimizers::sgd(), optimizers::adam(), optimizers::rmsprop()}};
  return kFamily;
}

std::vector<OptimizerSpec::Decay> decay_ranges(const nn::Layout& layout, const OptimizerSpec& optimizer) {
  std::vector<OptimizerSpec::Decay> ranges;
  if (optimizer.weight_decay == 0.0) return ranges;
  for (const nn::ParamEntry& entry : layout.params)
    if (decays(entry.role, optimizer)) ranges.push_back({entry.id.offset, entry.id.size});
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });

  std::vector<OptimizerSpec::Decay> joined;
  for (const OptimizerSpec::Decay& range : ranges) {
    if (!joined.empty() && joined.back().offset + joined.back().size == range.offset)
      joined.back().size += range.size;
    else
      joined.push_back(range);
  }
  return joined;
}

}  // namespace normrun::train
