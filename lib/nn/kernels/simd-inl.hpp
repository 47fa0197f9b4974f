// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_SIMD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_SIMD_INL
#undef NORMRUN_KERNELS_SIMD_INL
#else
#define NORMRUN_KERNELS_SIMD_INL
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "core/matrix.hpp"

// Marks loops over arrays of registers.  They must be unrolled, because otherwise the arrays would live in memory.
#undef NORMRUN_UNROLL
#if HWY_COMPILER_CLANG
#define NORMRUN_UNROLL _Pragma("unroll")
#else
#define NORMRUN_UNROLL _Pragma("GCC unroll 16")
#endif

// Stands after a lambda's parameters.  It compiles the lambda for this instruction set and always inlines it; g++ 12.2 crashes on some
// lambdas that are not inlined.
#undef NORMRUN_LAMBDA
#define NORMRUN_LAMBDA HWY_ATTR __attribute__((always_inline))

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
using Vector = hn::Vec<Tag<T>>;
/// How many numbers a vector holds.
template <class T>
inline constexpr Index kWidth = HWY_MAX_BYTES / sizeof(T);

/// An access to memory that loads and stores whole vectors.
template <class T>
struct Whole {
  HWY_INLINE Vector<T> load(const T* from) const { return hn::LoadU(Tag<T>(), from); }
  HWY_INLINE void store(Vector<T> v, T* to) const { hn::StoreU(v, Tag<T>(), to); }
};

/// Stores the first `count` of kCount numbers.  It stores halves, and halves of halves, because AVX2's masked store takes a dozen cycles or
/// more on AMD's processors.
template <class T, std::size_t kCount>
HWY_INLINE void store_first(hn::Simd<T, kCount, 0> tag, hn::Vec<hn::Simd<T, kCount, 0>> v, std::size_t count, T* to) {
  if constexpr (kCount == 1) {
    if (count > 0) *to = hn::GetLane(v);
  } else {
    const hn::Half<decltype(tag)> half;
    if (count < kCount / 2) return store_first(half, hn::LowerHalf(half, v), count, to);
    hn::StoreU(hn::LowerHalf(half, v), half, to);
    store_first(half, hn::UpperHalf(half, v), count - kCount / 2, to + kCount / 2);
  }
}

/// An access to memory that loads and stores only the first `count` numbers of a vector, and touches no memory beyond them.  A load fills
/// the other numbers with 0.
template <class T>
struct Partial {
  explicit HWY_INLINE Partial(Index first) : count(static_cast<std::size_t>(first)), mask(hn::FirstN(Tag<T>(), count)) {}
  HWY_INLINE Vector<T> load(const T* from) const { return hn::MaskedLoad(mask, Tag<T>(), from); }
  HWY_INLINE void store(Vector<T> v, T* to) const {
#if HWY_MAX_BYTES == 32
    store_first(Tag<T>(), v, count, to);
#else
    hn::BlendedStore(v, mask, Tag<T>(), to);
#endif
  }
  std::size_t count;
  hn::Mask<Tag<T>> mask;
};

template <class T>
HWY_INLINE Vector<T> fill(T value) {
  return hn::Set(Tag<T>(), value);
}

/// Calls body(i, access) for i = 0, width, 2 width, ...  access is Whole, and for the numbers left at the end Partial.
template <class T, class Body>
HWY_INLINE void sweep(Index count, const Body& body) {
  Index i = 0;
  for (; i + kWidth<T> <= count; i += kWidth<T>) body(i, Whole<T>());
  if (i < count) body(i, Partial<T>(count - i));
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
