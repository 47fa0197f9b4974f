#include "config/grid/grid.hpp"
#include "fuzz/fuzz_rig.hpp"

using namespace normrun;

namespace {

const config::Document kDocument = config::Document::parse(
    R"({"train": {"batch_size": 4}, "network": [{"type": "dense"}], "grid": {"norm": [{"type": "batch"}], "seed": [1, 2]}})", "fuzz.json");

}  // namespace

/// The expressions of --set, --grid and --seeds, the first byte choosing among them, and the first, a middle and the last point of their
/// grid.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string expression(test::text_of(data + 1, size - 1));
  test::expect_result_or_error([&] {
    config::Document document = kDocument;
    std::vector<config::Axis> axes = config::read_axes(document);
    if (data[0] % 3 == 0) config::apply_set_option(document, axes, expression);
    if (data[0] % 3 == 1) config::apply_grid_option(axes, expression);
    if (data[0] % 3 == 2) config::apply_seeds_option(axes, expression);
    const config::Grid grid(axes);
    for (const std::int64_t run : {std::int64_t{0}, grid.size() / 2, grid.size() - 1}) config::at_point(document, grid, run).dump();
  });
  return 0;
}
