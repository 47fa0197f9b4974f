// What the fuzz targets start from.  A seed that its parser no longer takes leads a fuzzer nowhere, and nothing else would tell.
#include <doctest/doctest.h>

#include <string>

#include "data/csv_table.hpp"
#include "files/atomic_file.hpp"
#include "files/npz_file.hpp"
#include "files/number_array.hpp"
#include "files/safetensors.hpp"
#include "models/onnx_model.hpp"
#include "study/experiment.hpp"
#include "sweep/journal_format.hpp"

using namespace normrun;

namespace {

std::string seed(const std::string& name) { return std::string(NORMRUN_SOURCE_DIR "/tests/fuzz/corpus/") + name; }

/// The records behind the plan.
int records_of(const sweep::JournalFile& journal) {
  int records = 0;
  journal.scan({[](const sweep::JournalPlan&) {}, [&](std::uint64_t, const tables::RunRecord&) { ++records; }});
  return records;
}

}  // namespace

TEST_CASE("the parsers take the seeds of their fuzz targets") {
  for (const char* const name : {"config/quickstart", "config/tiny"}) {
    const config::Document document = config::Document::load(seed(name));
    study::RunConfig config;
    std::vector<Problem> problems;
    config::at_point(document, config::Grid(config::read_axes(document)), 0).read("", config, problems);
    CHECK(problems.empty());
  }
  for (const char* const name : {"csv/header", "csv/plain", "csv/quoted", "csv/semicolons", "csv/blanks", "csv/words"})
    CHECK(data::read_csv(seed(name), data::CsvOptions{}).rows > 1);
  data::CsvOptions sequences;
  sequences.label = {{.word = "y"}};
  sequences.sequence = {.word = {}, .value = 0};
  sequences.time = {.word = {}, .value = 1};
  sequences.ignore = {{.word = "id"}};
  CHECK(data::read_csv(seed("csv/sequences"), sequences).rows == 3);
  for (const char* const name : {"idx/floats", "idx/labels", "idx/labels.gz"})
    CHECK(files::read_idx(seed(name), files::Read::kAll).rows() > 1);
  for (const char* const name : {"npy/bytes", "npy/floats", "npy/order"}) CHECK(files::read_npy(seed(name), files::Read::kAll).rows() >= 1);
  for (const char* const name : {"npz/stored", "npz/deflated"}) CHECK(files::npz_member({seed(name), "y"}).size() > 64);
  for (const char* const name : {"safetensors/checkpoint", "safetensors/foreign"})
    CHECK(files::read_safetensors(seed(name)).tensors.size() > 1);
  CHECK(records_of(sweep::JournalFile(seed("journal/sweep"))) == 2);
  for (const char* const name : {"onnx/convolution", "onnx/attention"})
    CHECK(models::model_of(files::read_onnx(seed(name))).norms.size() == 1);
  CHECK(config::Document::load(seed("keras/sequential")).contains("config.layers.1"));
}
