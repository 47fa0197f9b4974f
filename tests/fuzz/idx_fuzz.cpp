#include "data/array_values.hpp"
#include "fuzz/fuzz_rig.hpp"

using namespace normrun;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string& path = test::file_of(test::text_of(data, size));
  test::expect_result_or_error([&] {
    const files::NumberArray array = files::read_idx(path, files::Read::kAll);
    if (files::read_idx(path, files::Read::kHeader).dims != array.dims) std::abort();
    if (array.dims.size() == 1) data::to_labels(array, data::label_numbers(array));
  });
  return 0;
}
