#include "files/npz_file.hpp"
#include "fuzz/fuzz_rig.hpp"

using namespace normrun;

/// An archive: whatever its directory claims, every member is read or refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string& path = test::file_of(test::text_of(data, size));
  test::expect_result_or_error([&] {
    for (const std::string& member : files::npz_members(path)) test::expect_result_or_error([&] { files::npz_member({path, member}); });
  });
  return 0;
}
