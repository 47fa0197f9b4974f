#include "data/csv_table.hpp"
#include "fuzz/fuzz_rig.hpp"

using namespace normrun;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string& path = test::file_of(test::text_of(data, size));
  for (const CsvHeader header : {CsvHeader::kAuto, CsvHeader::kYes, CsvHeader::kNo}) {
    test::expect_result_or_error([&] {
      const CsvTable table = read_csv(path, {.header = header, .label = {.word = {}, .value = -1}, .target = CsvTarget::kClass});
      if (static_cast<Index>(table.features.size()) != table.rows * table.feature_count) std::abort();
      if (static_cast<Index>(CsvClasses(table).labels_of(table).size()) != table.rows) std::abort();
    });
  }
  test::expect_result_or_error(
      [&] { read_csv(path, {.header = CsvHeader::kAuto, .label = {.word = {}, .value = 0}, .target = CsvTarget::kNumber}); });
  return 0;
}
