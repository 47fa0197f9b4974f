#include "files/safetensors.hpp"
#include "fuzz/fuzz_rig.hpp"

using namespace normrun;

/// What is read can be written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::expect_result_or_error([&] {
    const files::TensorFile file = files::parse_safetensors(test::text_of(data, size), "fuzz.safetensors");
    const files::TensorFile again = files::parse_safetensors(files::format_safetensors(file), "again");
    if (again.tensors.size() != file.tensors.size()) std::abort();
  });
  return 0;
}
