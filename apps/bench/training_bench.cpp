// training_bench [--seconds SECONDS] [--threads THREADS] [--json] [NAME...]
//
// Prints the training steps a second of the workloads (workloads.cpp; of W9 the diagnoses), and beside each the floor of this machine.  The
// floor is the least time that the operations and updates of a step can take on one core, by the limits measured in the same run.  A step
// is everything from the shuffled gather to the update.  The program trains one workload after the other for SECONDS, as the frameworks in
// scripts/bench do, so that the caches hold what a training leaves in them.  Only the fastest of the short samples counts.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "core/denormals.hpp"
#include "core/team.hpp"
#include "limits.hpp"
#include "nn/kernels/kernels.hpp"
#include "workloads.hpp"

namespace normrun::bench {
namespace {

constexpr double kSampleSeconds = 0.02;  // as in scripts/bench/workloads.py

/// Returns the steps a second of the fastest sample, or of the first step where that takes longer than all samples may.
template <class Work>
double rate_of(Work& training, double seconds) {
  const double first = fastest_seconds([&] { training.run(1); }, 1);
  if (first > seconds) return 1 / first;
  const double step = fastest_seconds([&] { training.run(1); }, 3);
  const Index steps = std::max<Index>(1, static_cast<Index>(kSampleSeconds / step));
  const int samples = std::max(1, static_cast<int>(seconds / (step * static_cast<double>(steps))));
  return static_cast<double>(steps) / fastest_seconds([&] { training.run(steps); }, samples);
}

struct Request {
  double seconds = 2.0;
  int threads = 1;
  bool json = false;
  std::vector<std::string> names;
};

void print(const Workload& workload, double rate, const Limits& limits, bool json) {
  const double operations = workload.operations_per_row * static_cast<double>(workload.batch_size);
  const double least = floor_seconds(limits, operations);
  if (json) {
    std::printf("{\"name\": \"%s\", \"steps_per_second\": %.3f, \"floor\": %.3f}\n", workload.name.c_str(), rate, 1 / least);
    return;
  }
  std::printf("%-10s %9lld %10.4g %10.4g %5.0f %%  %8.1f %8.1f %8.1f\n", workload.name.c_str(), static_cast<long long>(limits.parameters),
              rate, 1 / least, 100 * least * rate, operations / limits.flops * 1e6,
              static_cast<double>(limits.parameters) / limits.adam * 1e6, static_cast<double>(limits.parameters) * 24 / limits.bytes * 1e6);
}

int run(const Request& request) {
  const FlushDenormals flush;
  const Team team(request.threads);
  if (!request.json) {
    const Limits limits = measure_limits(1'000);
    std::printf("instruction set %s; one core: %.1f GFLOP/s, Adam %.2f G parameters/s\n",
                std::string(nn::kernels::instruction_set()).c_str(), limits.flops * 1e-9, limits.adam * 1e-9);
    std::printf("           parameters    steps/s      floor  share   floor's microseconds: products, Adam; or bytes\n");
  }
  for (const Workload& workload : workloads()) {
    const bool wanted = request.names.empty() || std::count(request.names.begin(), request.names.end(), workload.name) > 0;
    if (!wanted) continue;
    const auto measure = [&](auto&& work) {
      const double rate = rate_of(work, request.seconds);
      print(workload, rate, measure_limits(work.parameters()), request.json);
    };
    if (workload.evaluation_passes > 0)
      measure(Diagnosis(workload));
    else
      measure(Training(workload));
  }
  return 0;
}

}  // namespace
}  // namespace normrun::bench

int main(int count, char** arguments) {
  normrun::bench::Request request;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--json") == 0) {
      request.json = true;
    } else if (std::strcmp(arguments[i], "--seconds") == 0 && i + 1 < count) {
      request.seconds = std::atof(arguments[++i]);
    } else if (std::strcmp(arguments[i], "--threads") == 0 && i + 1 < count) {
      request.threads = std::atoi(arguments[++i]);
    } else {
      request.names.emplace_back(arguments[i]);
    }
  }
  return normrun::bench::run(request);
}
