#include <iterator>

#include "data/csv_table.hpp"
#include "fuzz/fuzz_rig.hpp"

using namespace normrun;

namespace {

const data::CsvOptions kReadings[] = {
    {.header = data::CsvHeader::kAuto},
    {.header = data::CsvHeader::kYes},
    {.header = data::CsvHeader::kNo},
    {.label = {.word = {}, .value = 0}, .target = data::CsvTarget::kNumber},
    {.label = {.word = "y"}, .sequence = {.word = {}, .value = 0}, .time = {.word = {}, .value = 1}, .ignore = {"id"}},
};

}  // namespace

/// A table, its length choosing how it is read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const data::CsvOptions& options = kReadings[size % std::size(kReadings)];
  test::expect_result_or_error([&] {
    const data::CsvTable table = data::read_csv(test::file_of(test::text_of(data, size)), options);
    const auto rows = static_cast<std::size_t>(table.rows);
    const bool has_classes = options.target == data::CsvTarget::kClass;
    const bool fits = table.features.size() == rows * static_cast<std::size_t>(table.feature_count) &&
                      (has_classes ? data::CsvClasses(table).labels_of(table).size() : table.numbers.size()) == rows &&
                      table.sequences.size() == (options.has_sequences() ? rows : 0) &&
                      table.times.size() == (options.has_times() ? rows : 0);
    if (!fits) std::abort();
  });
  return 0;
}
