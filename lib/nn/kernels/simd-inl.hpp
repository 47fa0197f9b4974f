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

// Loops over registers: without unrolling they would live in memory.
#undef NORMRUN_UNROLL
#if HWY_COMPILER_CLANG
#define NORMRUN_UNROLL _Pragma("unroll")
#else
#define NORMRUN_UNROLL _Pragma("GCC unroll 16")
#endif

// After a lambda's parameters: it belongs to this instruction set, and is inlined always (g++ 12.2 crashes on some that are not).
#undef NORMRUN_LAMBDA
#define NORMRUN_LAMBDA HWY_ATTR __attribute__((always_inline))

HWY_BEFORE_NAMESPACE();
namespace normrun::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
using Vector = hn::Vec<Tag<T>>;
/// Numbers in a vector.
template <class T>
inline constexpr Index kWidth = HWY_MAX_BYTES / sizeof(T);

/// Loads and stores whole vectors.
template <class T>
struct Whole {
  HWY_INLINE Vector<T> load(const T* from) const { return hn::LoadU(Tag<T>(), from); }
  HWY_INLINE void store(Vector<T> v, T* to) const { hn::StoreU(v, Tag<T>(), to); }
};

/// Loads and stores the first `count` numbers of a vector and touches no memory beyond; the others are 0.
template <class T>
struct Part {
  explicit HWY_INLINE Part(Index count) : mask(hn::FirstN(Tag<T>(), static_cast<std::size_t>(count))) {}
  HWY_INLINE Vector<T> load(const T* from) const { return hn::MaskedLoad(mask, Tag<T>(), from); }
  HWY_INLINE void store(Vector<T> v, T* to) const { hn::BlendedStore(v, mask, Tag<T>(), to); }
  hn::Mask<Tag<T>> mask;
};

template <class T>
HWY_INLINE Vector<T> fill(T value) {
  return hn::Set(Tag<T>(), value);
}

/// Calls body(i, access) for i = 0, width, ...: access is Whole, and Part for what is left at the end.
template <class T, class Body>
HWY_INLINE void sweep(Index count, const Body& body) {
  Index i = 0;
  for (; i + kWidth<T> <= count; i += kWidth<T>) body(i, Whole<T>());
  if (i < count) body(i, Part<T>(count - i));
}

}  // namespace normrun::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
