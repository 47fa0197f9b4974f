// What the fuzz targets start from.  A seed that its parser no longer takes leads a fuzzer nowhere, and nothing else would tell.
#include <doctest/doctest.h>

#include <string>

#include "core/atomic_file.hpp"
#include "data/csv_table.hpp"
#include "data/number_array.hpp"
#include "nn/checkpoint.hpp"
#include "study/experiment.hpp"
#include "study/journal_format.hpp"

using namespace normrun;

namespace {

std::string seed(const std::string& name) { return std::string(NORMRUN_SOURCE_DIR "/tests/fuzz/corpus/") + name; }

/// The records behind the plan.
int records_of(const JournalFile& journal) {
  int records = 0;
  journal.scan({[](const JournalPlan&) {}, [&](std::uint64_t, const RunRecord&) { ++records; }});
  return records;
}

}  // namespace

TEST_CASE("the parsers take the seeds of their fuzz targets") {
  for (const char* const name : {"config/quickstart", "config/tiny"}) {
    const Document document = Document::load(seed(name));
    RunConfig config;
    std::vector<Problem> problems;
    at_point(document, Grid(read_axes(document)), 0).read("", config, problems);
    CHECK(problems.empty());
  }
  for (const char* const name : {"csv/header", "csv/plain", "csv/quoted"}) CHECK(read_csv(seed(name), CsvOptions{}).rows > 1);
  CsvOptions sequences;
  sequences.label.word = "y";
  sequences.sequence = {.word = {}, .value = 0};
  sequences.time = {.word = {}, .value = 1};
  sequences.ignore = {"id"};
  CHECK(read_csv(seed("csv/sequences"), sequences).rows == 3);
  for (const char* const name : {"idx/floats", "idx/labels", "idx/labels.gz"}) CHECK(read_idx(seed(name), Read::kAll).rows() > 1);
  for (const char* const name : {"npy/bytes", "npy/floats", "npy/order"}) CHECK(read_npy(seed(name), Read::kAll).rows() >= 1);
  for (const char* const name : {"safetensors/checkpoint", "safetensors/foreign"}) CHECK(read_safetensors(seed(name)).tensors.size() > 1);
  CHECK(records_of(JournalFile(seed("journal/sweep"))) == 2);
}
