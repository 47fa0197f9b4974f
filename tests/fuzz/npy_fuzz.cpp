#include "data/number_array.hpp"
#include "data/preparation.hpp"
#include "fuzz/fuzz_rig.hpp"

using namespace normrun;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string& path = test::file_of(test::text_of(data, size));
  test::expect_result_or_error([&] {
    const NumberArray array = read_npy(path, Read::kAll);
    if (read_npy(path, Read::kHeader).dims != array.dims) std::abort();
    test::expect_result_or_error([&] { to_index_rows(array); });
    to_features<float>(array, array.rows(), Preparation{});
  });
  return 0;
}
