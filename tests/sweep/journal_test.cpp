#include "sweep/journal.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "core/random.hpp"
#include "study/temporary_config.hpp"
#include "sweep/sweep_rig.hpp"

using namespace normrun;

namespace {

sweep::JournalPlan some_plan(const std::string& seeds) {
  return {.program = "1.0",
          .table_format = 1,
          .config = R"({"train":{"epochs":2}})",
          .grid = R"({"norm.type":["batch","layer"],"seed":)" + seeds + "}",
          .shard = "",
          .costs = ""};
}

tables::RunRecord some_record(std::int64_t run) {
  tables::RunRecord record{.run = run,
                           .status = tables::RunStatus::kOk,
                           .keys = "run-" + std::to_string(run) + ",",
                           .lines = {},
                           .data_digest = std::string(32, '7')};
  for (std::string& lines : record.lines)
    lines = record.keys + "1.5,\"a, b\"\n" + record.keys + std::string(static_cast<std::size_t>(run), 'x') + "\n";
  return record;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A journal of six records, as bytes.
std::string some_journal(const TemporaryFolder& folder) {
  const std::string path = folder.path() + "/whole";
  sweep::Journal journal = sweep::Journal::create(path, some_plan("[0,1,2]"));
  for (std::int64_t run = 0; run < 6; ++run) journal.add(some_record(run));
  return bytes_of(path);
}

enum class Outcome { kRefused, kRecovered };

/// Resumes from these bytes.  What is taken up must be as it was written; the missing runs are then done again, and the
/// journal must read as if nothing had happened.
Outcome resume_from(const TemporaryFolder& folder, const std::string& bytes) {
  const std::string path = folder.write("damaged", bytes);
  try {
    sweep::Journal journal = sweep::Journal::resume(path, some_plan("[0,1,2]"));
    for (std::int64_t run = 0; run < 6; ++run) {
      if (!journal.index().contains(run)) journal.add(some_record(run));
    }
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::kDamaged);
    CHECK(error.problems()[0].where.find("damaged") != std::string::npos);
    return Outcome::kRefused;
  }
  const sweep::Journal again = sweep::Journal::resume(path, some_plan("[0,1,2]"));
  CHECK(again.index().finished() == 6);
  for (std::int64_t run = 0; run < 6; ++run) {
    const tables::RunRecord expected = some_record(run);
    const tables::RunRecord found = again.index().read(run);
    CHECK(found.lines == expected.lines);
    CHECK(found.keys == expected.keys);
    CHECK(found.status == expected.status);
    CHECK(found.data_digest == expected.data_digest);
  }
  return Outcome::kRecovered;
}

/// How many bits to flip: the long form is NORMRUN_FLIPS=10000.
std::uint64_t flips() {
  const char* const asked = std::getenv("NORMRUN_FLIPS");
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : 400;
}

std::string refusal(const sweep::JournalPlan& old, const sweep::JournalPlan& now) {
  try {
    sweep::check_same_plan(old, now, "j", "");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::kDamaged);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a journal cut anywhere is recovered, or refused where its first frame is gone") {
  const TemporaryFolder folder;
  const std::string whole = some_journal(folder);
  const std::size_t first_frame = sweep::plan_frame(some_plan("[0,1,2]")).size();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(resume_from(folder, whole.substr(0, size)) == (size < first_frame ? Outcome::kRefused : Outcome::kRecovered));
  }
}

TEST_CASE("a flipped bit of a journal is refused, or recovered where it is in the last frame") {
  const TemporaryFolder folder;
  const std::string whole = some_journal(folder);
  const std::size_t last_frame = whole.size() - sweep::record_frame(some_record(5)).size();
  RandomStream random(1, Purpose::kData);
  for (std::uint64_t i = 0; i < flips(); ++i) {
    const std::size_t bit = random.below(8 * whole.size());
    CAPTURE(bit);
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << (bit % 8)));
    CHECK(resume_from(folder, bytes) == (bit / 8 < last_frame ? Outcome::kRefused : Outcome::kRecovered));
  }
}

TEST_CASE("what is torn off is cut before more is written") {
  const TemporaryFolder folder;
  const std::string whole = some_journal(folder);
  const std::string path = folder.write("torn", whole + sweep::record_frame(some_record(0)).substr(0, 30));
  { const sweep::Journal journal = sweep::Journal::resume(path, some_plan("[0,1,2]")); }
  CHECK(bytes_of(path) == whole);
}

TEST_CASE("seeds may be added, taken away and reordered") {
  const TemporaryFolder folder;
  const std::string path = folder.write("journal", some_journal(folder));
  {
    sweep::Journal journal = sweep::Journal::resume(path, some_plan("[4,2,0,1]"));
    CHECK(journal.index().planned() == 8);
    CHECK(journal.index().finished() == 6);
    CHECK(!journal.index().contains(0));                           // batch, seed 4
    CHECK(journal.index().read(1).lines == some_record(2).lines);  // batch, seed 2
    CHECK(journal.index().read(6).lines == some_record(3).lines);  // layer, seed 0
    journal.add(some_record(0));
  }
  const sweep::Journal fewer = sweep::Journal::resume(path, some_plan("[4,1]"));
  CHECK(fewer.index().finished() == 3);
  CHECK(fewer.index().read(0).lines == some_record(0).lines);
  CHECK(fewer.index().read(3).lines == some_record(4).lines);  // layer, seed 1
}

TEST_CASE("a later record of a run replaces an earlier one") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/journal";
  sweep::Journal journal = sweep::Journal::create(path, some_plan("[0]"));
  tables::RunRecord failed = some_record(1);
  failed.status = tables::RunStatus::kFailed;
  journal.add(failed);
  journal.add(some_record(1));
  CHECK(journal.index().finished() == 1);
  CHECK(journal.index().status(1) == tables::RunStatus::kOk);
}

TEST_CASE("a foreign plan is refused with what differs") {
  const sweep::JournalPlan plan = some_plan("[0]");
  CHECK(refusal(plan, some_plan("[0,1]")).empty());
  sweep::JournalPlan other = plan;
  other.program = "2.0";
  CHECK(refusal(plan, other).find("version 1.0 of the program wrote this journal, but this is version 2.0") != std::string::npos);
  other = plan;
  other.table_format = 2;
  CHECK(refusal(plan, other).find("format 1") != std::string::npos);
  other = plan;
  other.config = R"({"train":{"epochs":3}})";
  CHECK(refusal(plan, other).find("train.epochs is 2 there and 3 here") != std::string::npos);
  other = plan;
  other.grid = R"({"train.batch_size":[2],"seed":[0]})";
  CHECK(refusal(plan, other).find("norm.type") != std::string::npos);
}

TEST_CASE("one process writes a journal at a time, and a shard's journal stays that shard's") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/journal";
  sweep::JournalPlan plan = some_plan("[0]");
  plan.shard = "1/2";
  {
    const sweep::Journal journal = sweep::Journal::create(path, plan);
    CHECK_THROWS_WITH_AS(sweep::Journal::resume(path, plan), doctest::Contains("another process"), Error);
  }
  CHECK(sweep::Journal::resume(path, plan).index().finished() == 0);
  plan.shard = "2/2";
  CHECK_THROWS_WITH_AS(sweep::Journal::resume(path, plan), doctest::Contains("shard 1/2"), Error);
}

TEST_CASE("a frame of a length that the file does not have is not believed") {
  const TemporaryFolder folder;
  const std::string plan = sweep::plan_frame(some_plan("[0]"));
  std::string frame = sweep::record_frame(some_record(0));
  frame.resize(frame.size() - 1);
  const std::string path = folder.write("journal", plan + frame);
  CHECK(sweep::Journal::resume(path, some_plan("[0]")).index().finished() == 0);
}
