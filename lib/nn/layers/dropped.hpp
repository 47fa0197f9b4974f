#pragma once

#include <cmath>

#include "core/random.hpp"
#include "nn/layer.hpp"

namespace normrun::nn::layers {

/// The factors of inverted dropout: 0 with probability `rate`, else 1 / (1 - rate).  They are a function of (seed, step, the layer's place
/// in the config, the number's place in the step's batch), the same in both precisions, for every normalization and every division of the
/// batch.
template <class T>
class DroppedNumbers {
 public:
  /// size: how many numbers of an example may drop.
  DroppedNumbers(double rate, Index size, const Blueprint& blueprint)
      : place_(blueprint.place()),
        size_(size),
        threshold_(static_cast<std::uint64_t>(std::ceil(rate * 0x1p32))),
        kept_(static_cast<T>(1.0 / (1.0 - rate))) {}

  /// factors: (examples, size)
  void draw(const PassKey& key, Index examples, T* factors) const {
    RandomStream stream(seed_of_branch(key.seed, place_.branch), Purpose::kDropout, stream_index(key.step));
    stream.skip(static_cast<std::uint64_t>(key.first_example * size_));
    for (Index i = 0; i < examples * size_; ++i) factors[i] = stream.next_u32() < threshold_ ? T{0} : kept_;
  }

 private:
  /// The random stream of a step and the layer: there is room for 2^16 layers of a branch and 2^48 steps.
  std::uint64_t stream_index(std::uint64_t step) const { return (step << 16U) | static_cast<std::uint64_t>(place_.position & 0xFFFF); }

  LayerPlace place_;
  Index size_;
  std::uint64_t threshold_;  // a 32-bit draw below it drops the number
  T kept_;
};

}  // namespace normrun::nn::layers
