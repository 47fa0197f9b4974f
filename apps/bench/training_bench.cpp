// training_bench [--seconds SECONDS] [--threads THREADS] [--json] [NAME...]
//
// Training steps a second of the workloads W1 to W5 (workloads.cpp), each beside the floor of this machine: the least time that the
// step's operations and updates can take by the limits measured in the same run.  A step is everything from the shuffled gather to
// the update.  The floor is of one core, whatever the threads.  Samples are short and taken in turns, SECONDS for each workload in all; the
// fastest counts.
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

constexpr double kSampleSeconds = 0.004;

/// One workload, and the fastest step seen.
struct Contestant {
  explicit Contestant(const Workload& given) : workload(given), training(given) {
    training.run(2);
    const double step = fastest_seconds([&] { training.run(1); }, 3);
    steps = std::max<Index>(1, static_cast<Index>(kSampleSeconds / step));
    training.run(steps);
  }
  void sample() {
    best = std::min(best, fastest_seconds([&] { training.run(steps); }, 1) / static_cast<double>(steps));
  }

  Workload workload;
  Training training;
  Index steps = 1;  // of a sample
  double best = 1e9;
};

struct Request {
  double seconds = 2.0;
  int threads = 1;
  bool json = false;
  std::vector<std::string> names;
};

void print(const Contestant& c, const Limits& limits, bool json) {
  const double operations = c.workload.operations_per_row * static_cast<double>(c.workload.batch_size);
  const double least = floor_seconds(limits, operations);
  if (json) {
    std::printf("{\"name\": \"%s\", \"steps_per_second\": %.1f, \"floor\": %.1f}\n", c.workload.name.c_str(), 1 / c.best, 1 / least);
    return;
  }
  std::printf("%-10s %9lld %10.0f %10.0f %5.0f %%  %8.1f %8.1f %8.1f\n", c.workload.name.c_str(), static_cast<long long>(limits.parameters),
              1 / c.best, 1 / least, 100 * least / c.best, operations / limits.flops * 1e6,
              static_cast<double>(limits.parameters) / limits.adam * 1e6, static_cast<double>(limits.parameters) * 24 / limits.bytes * 1e6);
}

int run(const Request& request) {
  const FlushDenormals flush;
  const Team team(request.threads);
  std::vector<std::unique_ptr<Contestant>> contestants;
  for (const Workload& workload : workloads()) {
    const bool wanted = request.names.empty() || std::count(request.names.begin(), request.names.end(), workload.name) > 0;
    if (wanted) contestants.push_back(std::make_unique<Contestant>(workload));
  }
  for (double spent = 0.0; spent < request.seconds; spent += kSampleSeconds) {
    for (const auto& contestant : contestants) contestant->sample();
  }
  if (!request.json) {
    const Limits limits = measure_limits(1'000);
    std::printf("instruction set %s; one core: %.1f GFLOP/s, Adam %.2f G parameters/s\n", std::string(kernels::instruction_set()).c_str(),
                limits.flops * 1e-9, limits.adam * 1e-9);
    std::printf("                       steps/s      floor  share   floor's microseconds: products, Adam; or bytes\n");
  }
  for (const auto& contestant : contestants) print(*contestant, measure_limits(contestant->training.parameters()), request.json);
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
