#include "nn/kernels/kernels.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "nn/kernels/repeated_products.hpp"
#include "nn/kernels/table.hpp"

namespace normrun::nn::kernels {
namespace {

/// One path: its name, and its tables of kernels.
struct Path {
  std::string_view name;
  const Table<float>* float_table;
  const Table<double>* double_table;
};

/// Whether this processor and its operating system can run the path `name`.
bool is_supported(std::string_view name) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  // Highway's targets of these names need these features.
  const bool avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return name == "scalar" || (name == "avx2" && avx2) || (name == "avx512" && avx512);
#else
  return name == "scalar";
#endif
}

/// The paths, the widest first.  The last one is the reference, which every build has.
const std::array<Path, 3>& paths() {
  static const std::array<Path, 3> all{{{"avx512", avx512_table<float>(), avx512_table<double>()},
                                        {"avx2", avx2_table<float>(), avx2_table<double>()},
                                        {"scalar", &reference_table<float>(), &reference_table<double>()}}};
  return all;
}

const Path& path_named(std::string_view name) {
  for (const Path& path : paths()) {
    if (path.name != name) continue;
    if (path.float_table == nullptr || !is_supported(name)) break;
    return path;
  }
  throw std::invalid_argument("instruction set \"" + std::string(name) +
                              "\": this processor has no such path (known are scalar, avx2 and avx512)");
}

const Path& first_path() {
  if (const char* forced = std::getenv("NORMRUN_ISA"); forced != nullptr && *forced != '\0') return path_named(forced);
  for (const Path& path : paths()) {
    if (path.float_table != nullptr && is_supported(path.name)) return path;
  }
  return path_named("scalar");
}

std::atomic<const Path*>& chosen() {
  static std::atomic<const Path*> path{&first_path()};
  return path;
}

const Path& path_in_use() { return *chosen().load(std::memory_order_relaxed); }

}  // namespace

template <class T>
const Table<T>& table_in_use() {
  if constexpr (std::is_same_v<T, float>) {
    return *path_in_use().float_table;
  } else {
    return *path_in_use().double_table;
  }
}
template const Table<float>& table_in_use();
template const Table<double>& table_in_use();

std::string_view instruction_set() { return path_in_use().name; }

void force_instruction_set(std::string_view name) { chosen().store(&path_named(name), std::memory_order_relaxed); }

// The public functions.  Each calls its kernel in the table in use.

#define NORMRUN_CALL(result, name, parameters, arguments) \
  template <class T>                                      \
  result name parameters {                                \
    return table_in_use<T>().name arguments;              \
  }
#define NORMRUN_INSTANTIATE(result, name, parameters, arguments) template result name parameters;

NORMRUN_KERNELS(NORMRUN_CALL, T)
NORMRUN_KERNELS(NORMRUN_INSTANTIATE, float)
NORMRUN_KERNELS(NORMRUN_INSTANTIATE, double)

}  // namespace normrun::nn::kernels
