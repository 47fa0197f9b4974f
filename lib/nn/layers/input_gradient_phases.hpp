#pragma once

#include <algorithm>
#include <vector>

#include "nn/kernels/windows.hpp"
#include "nn/layer.hpp"
#include "nn/layers/window.hpp"

namespace normrun::nn::layers {

/// How the input gradient of a convolution is computed place by place of its input: each number of dx is a sum over the windows that
/// contain it, in their order.  Nothing but dx is written, except that dy gets zeros around it where windows reach beyond.
///
/// With stride s, the windows over a place hold every s-th cell of the kernel, and which these are depends on the place modulo s.  The
/// places of one remainder down and one along are a phase, which is computed like a convolution of dy with stride 1.
template <class T>
class InputGradientPhases {
 public:
  /// matrix_size: how many numbers the kernel has for each cell of the window.
  InputGradientPhases(const Window& window, Index filters, Index matrix_size, Blueprint& blueprint);

  /// Clears the zeros around dy, where the call has the first examples of a pass.
  void clear(const Caches<T>& caches) const {
    if (is_copied() && caches.first == 0) std::fill_n(caches[copy_], down_ * along_ * filters_, T{0});
  }
  /// Calls visit(dy, matrices, dx) for each phase of one example: the windows over dy, a number for each cell; where the cells' matrices
  /// lie in the kernel; and the places of dx.
  template <class Visit>
  void for_each(const T* dy, T* dx, const Caches<T>& caches, const Visit& visit) const {
    const T* const from = with_zeros(dy, caches);
    for (const Phase& phase : phases_) visit(windows(phase, from), phase.matrices.data(), places(phase, dx));
  }

 private:
  struct Phase {
    Index lines, places;
    Index dx;                     // its first number in dx
    std::vector<Index> offsets;   // of its cells, from the first number of dy with its zeros
    std::vector<Index> matrices;  // of its cells, in the kernel
  };
  bool is_copied() const { return down_ != window_.down.output || along_ != window_.along.output; }
  const T* with_zeros(const T* dy, const Caches<T>& caches) const;
  kernels::Windows<T> windows(const Phase& phase, const T* dy) const;
  kernels::Places<T> places(const Phase& phase, T* dx) const;

  Window window_;
  Index filters_;
  Index down_, along_;  // the places of dy with its zeros
  Index top_, left_;    // how many of them lie before dy
  std::vector<Phase> phases_;
  CacheId copy_;  // of one example's dy
};

}  // namespace normrun::nn::layers
