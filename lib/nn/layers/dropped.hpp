#pragma once

#include <cmath>

#include "core/random.hpp"
#include "nn/layer.hpp"

namespace normrun::nn::layers {

/// The factors of inverted dropout: 0 with probability `rate`, otherwise 1 / (1 - rate).  A factor depends on the seed, the step, the
/// layer's place in the config, and the number's place in the batch of the step, and on nothing else.  It is therefore the same in both
/// precisions, for every normalization, and for every division of the batch.
template <class T>
class DroppedNumbers {
 public:
  /// size: how many numbers of an example may drop.
  DroppedNumbers(double rate, Index size, const Blueprint& blueprint)
      : place_(blueprint.place()),
        size_(size),
        threshold_(static_cast<std::uint64_t>(std::ceil(rate * 0x1p32))),
        kept_(static_cast<T>(1.0 / (1.0 - rate))) {}

  /// Writes the factors of some examples: (examples, size).
  void draw(const PassKey& key, Index examples, T* factors) const {
    RandomStream stream(seed_of_branch(key.seed, place_.branch), Purpose::kDropout, stream_index(key.step));
    stream.skip(static_cast<std::uint64_t>(key.first_example * size_));
    for (Index i = 0; i < examples * size_; ++i) factors[i] = stream.next_u32() < threshold_ ? T{0} : kept_;
  }

 private:
  /// The number of the random stream of this layer in a step.  It has room for 2^16 layers in a branch and for 2^48 steps.
  std::uint64_t stream_index(std::uint64_t step) const { return (step << 16U) | static_cast<std::uint64_t>(place_.position & 0xFFFF); }

  LayerPlace place_;
  Index size_;
  std::uint64_t threshold_;  // a number drops if its 32-bit draw is below this
  T kept_;
};

}  // namespace normrun::nn::layers
