#include "data/registry.hpp"

#include <utility>

#include "data/source.hpp"
#include "data/sources/members.hpp"

namespace normrun::data {

void DataSpec::describe(config::OptionVisitor& visitor) {
  describe_own(visitor);
  preparation.describe(visitor);
  visitor.object({"batching", "how an epoch reads its rows"}, batching);
}

DataSpec::Outline outline_of(Shape shape, Index classes, Index outputs, Index rows, const Preparation& preparation, TestRows test_rows,
                             Index own_test_rows) {
  const SplitCounts counts = split_counts(preparation.limited(rows), preparation, test_rows);
  DataSpec::Outline outline;
  outline.shape = std::move(shape);
  outline.classes = classes;
  outline.outputs = outputs;
  outline.train_samples = counts.train;
  outline.validation_samples = counts.validation;
  outline.test_samples = test_rows == TestRows::kOwn ? own_test_rows : counts.test;
  return outline;
}

const config::Family& data_family() {
  static const config::Family family{"data",
                                     {sources::gaussian(), sources::uniform(), sources::imbalanced(), sources::spirals(),
                                      sources::stroke_digits(), sources::sequences(), sources::idx(), sources::csv(), sources::npy()}};
  return family;
}

}  // namespace normrun::data
