#include "data/csv_classes.hpp"
#include "data/csv_encoder.hpp"
#include "fuzz/fuzz_rig.hpp"

using namespace normrun;

namespace {

const config::Count kFirst{.word = {}, .value = 0};
const config::Count kSecond{.word = {}, .value = 1};

std::vector<data::CsvOptions> readings() {
  std::vector<data::CsvOptions> all(8);
  all[1].header = data::CsvHeader::kYes;
  all[2].header = data::CsvHeader::kNo;
  all[3].label = {kFirst};
  all[3].target = data::CsvTarget::kNumber;
  all[3].impute = data::Impute::kDropRow;
  all[4].label = {{.word = "y"}};
  all[4].sequence = kFirst;
  all[4].time = kSecond;
  all[4].ignore = {{.word = "id"}};
  all[5].dates = data::CsvDates::kParts;
  all[5].impute = data::Impute::kMean;
  all[5].category_columns = {kFirst};
  all[6].delimiter = "space";
  all[6].comment = "#";
  all[6].skip_rows = 1;
  all[6].unlabelled = data::CsvUnlabelled::kDrop;
  all[7].encoding = data::CsvEncoding::kLatin1;
  all[7].thousands = ",";
  all[7].categories = data::CsvCategories::kOneHot;
  all[7].missing = {"-1", "none"};
  all[7].weights = kSecond;
  return all;
}

/// Every kept row becomes as many numbers as the encoder says, none of them infinite.
void encode_all(const data::CsvEncoder& encoder, const data::InputTable& table) {
  const data::CsvEncoder::Rows rows(encoder, table);
  std::vector<double> numbers(static_cast<std::size_t>(encoder.width()));
  if (encoder.feature_names().size() != numbers.size()) std::abort();
  for (const Index row : encoder.kept_rows(table)) rows.encode(row, numbers.data(), [](double raw) { return raw; });
}

}  // namespace

/// A table, its length choosing how it is read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<data::CsvOptions> all = readings();
  const data::CsvOptions& options = all[size % all.size()];
  test::expect_result_or_error([&] {
    const data::InputTable table = data::read_csv(test::file_of(test::text_of(data, size)), options);
    const auto rows = static_cast<std::size_t>(table.rows);
    const bool has_classes = options.target == data::CsvTarget::kClass;
    const bool fits = table.cells.rows() == table.rows &&
                      (has_classes ? data::CsvClasses(table).labels_of(table).size() : table.numbers.size()) == rows &&
                      table.sequences.size() == (options.has_sequences() ? rows : 0) &&
                      table.times.size() == (options.has_times() ? rows : 0) && table.weights.size() == (options.has_weights() ? rows : 0);
    if (!fits) std::abort();
    const data::CsvEncoder encoder(table, options);
    encoder.check(table);
    encode_all(encoder, table);
  });
  return 0;
}
