#include "report/results/empty_comparisons.hpp"

#include <doctest/doctest.h>

#include "study/temporary_config.hpp"
#include "sweep/sweep_rig.hpp"

using namespace normrun;

namespace {

/// What is told of a sweep of the small config, which has 60 training and 30 test rows.
std::vector<std::string> warnings_of(const std::vector<std::string>& set) {
  const TemporaryFolder folder;
  const study::Experiment experiment =
      study::load_experiment(folder.write("c.json", small_config()), {set, {}, "0", {}}, study::Check::kWithData);
  RecordList list;
  SilentObserver observer;
  sweep::run_sweep(experiment, all_runs(experiment), {}, list, observer);
  report::EmptyComparisons empty;
  for (const tables::RunRecord& record : list.records) empty.add(record, experiment.base.compare);
  return empty.warnings();
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("where everything was compared nothing is told") {
  CHECK(warnings_of({}).empty());
  CHECK(warnings_of({"compare.eval_batch_sizes=[1,30,\"all\"]", "compare.splits=[\"train\",\"test\"]"}).empty());
  CHECK(warnings_of({"compare.pairs=[]", "compare.splits=[\"validation\"]"}).empty());
}

TEST_CASE("a split without rows is told, and what gives it some") {
  CHECK(warnings_of({"compare.splits=[\"validation\",\"test\"]"}) ==
        Lines{"nothing is compared on the validation split: it has no rows; set \"validation_fraction\" in \"data\", or choose other "
              "compare.splits"});
  CHECK(warnings_of({"compare.splits=[\"validation\"]", "data.validation_fraction=0.2"}).empty());
}

TEST_CASE("batches larger than the split are told, each size once") {
  CHECK(warnings_of({"compare.eval_batch_sizes=[\"train\",31,60,61,32]", "compare.splits=[\"train\",\"test\"]"}) ==
        Lines{"batches of 31, 32, 60 and 61 are the whole test split: it has 30 rows; choose smaller compare.eval_batch_sizes, or give "
              "the split more rows",
              "batches of 61 are the whole train split: it has 60 rows; choose smaller compare.eval_batch_sizes, or give the split more "
              "rows"});
}
