#include "data/array_values.hpp"
#include "data/preparation.hpp"
#include "fuzz/fuzz_rig.hpp"

using namespace normrun;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string& path = test::file_of(test::text_of(data, size));
  test::expect_result_or_error([&] {
    const files::NumberArray array = files::read_npy(path, files::Read::kAll);
    if (files::read_npy(path, files::Read::kHeader).dims != array.dims) std::abort();
    test::expect_result_or_error([&] { data::to_index_rows(array); });
    data::to_features<float>(array, array.rows(), data::Preparation{});
  });
  return 0;
}
