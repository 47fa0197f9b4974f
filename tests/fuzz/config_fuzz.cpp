#include "fuzz/fuzz_rig.hpp"
#include "study/experiment.hpp"

using namespace normrun;

/// A config: parsed, read into every option, its first and last point resolved; what is resolved reads back the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::expect_result_or_error([&] {
    const config::Document document = config::Document::parse(test::text_of(data, size), "fuzz.json");
    const config::Grid grid(config::read_axes(document));
    for (const std::int64_t run : {std::int64_t{0}, grid.size() - 1}) {
      study::RunConfig config;
      std::vector<Problem> problems;
      config::at_point(document, grid, run).read("", config, problems);
      if (!problems.empty()) continue;
      const std::string resolved = config::write_resolved(config);
      study::RunConfig again;
      config::Document::parse(resolved, "resolved").read("", again, problems);
      if (!problems.empty() || config::write_resolved(again) != resolved) std::abort();
    }
  });
  return 0;
}
