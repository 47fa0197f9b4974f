#include "data/csv_suggestion.hpp"
#include "files/foreign_format.hpp"
#include "fuzz/fuzz_rig.hpp"

using namespace normrun;

/// What `normrun inspect` and `init` make of any bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = test::text_of(data, size);
  files::foreign_format(bytes);
  const std::string& path = test::file_of(bytes);
  test::expect_result_or_error([&] { data::suggest_csv(path, "").keys(); });
  return 0;
}
