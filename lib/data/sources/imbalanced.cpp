// imbalanced: two overlapping clouds of unequal size; class 0 is N(0, 1), class 1 is N(offset, 1) in every feature.
#include "data/generated.hpp"
#include "data/sources/members.hpp"

namespace normrun::data::sources {
namespace {

class Imbalanced final : public SourceOf<Imbalanced> {
 public:
  template <class T>
  Loaded<T> rows(std::uint64_t seed, const std::string& /*folder*/) const {
    Loaded<T> loaded;
    loaded.test_rows = test_rows();
    loaded.data.shape = Shape{features_};
    loaded.data.classes = 2;
    loaded.data.train = cloud<T>(majority_, preparation.limited(majority_ + minority_), row_streams(seed, RowPart::kTrain));
    if (balanced_test_) loaded.data.test = cloud<T>(test_samples_ - test_samples_ / 2, test_samples_, row_streams(seed, RowPart::kTest));
    return loaded;
  }
  bool depends_on_seed() const override { return true; }
  Outline outline(const std::string& /*folder*/) const override {
    return outline_of(Shape{features_}, 2, 0, majority_ + minority_, preparation, test_rows(), test_samples_);
  }

 protected:
  void describe_own(config::OptionVisitor& visitor) override {
    constexpr Index kMaxSamples = Index{1} << 31;
    visitor.integer({"majority", "rows of class 0; they come first"}, majority_, {.low = 1, .high = kMaxSamples});
    visitor.integer({"minority", "rows of class 1"}, minority_, {.low = 1, .high = kMaxSamples});
    visitor.integer({"features", "numbers in a row"}, features_, {.low = 1, .high = Shape::kMaxSize});
    visitor.number({"offset", "mean of class 1 in every feature; class 0 has mean 0, both have sd 1"}, offset_, config::any_number());
    visitor.flag({"balanced_test", "draw a test split with as many rows of either class instead of holding out test_fraction"},
                 balanced_test_);
    visitor.integer({"test_samples", "rows of the balanced test split, half of each class"}, test_samples_,
                    {.low = 2, .high = kMaxSamples});
  }

 private:
  TestRows test_rows() const { return balanced_test_ ? TestRows::kOwn : TestRows::kHeldOut; }

  /// Draws `zeros` rows of class 0, then rows of class 1.
  template <class T>
  Split<T> cloud(Index zeros, Index samples, RowStreams streams) const {
    Split<T> split;
    split.features = allocate_rows<T>(samples, features_);
    split.labels.resize(static_cast<std::size_t>(samples));
    for (Index r = 0; r < samples; ++r) {
      const bool is_minority = r >= zeros;
      split.labels[static_cast<std::size_t>(r)] = is_minority ? 1 : 0;
      T* row = split.features.view().row(r);
      for (Index j = 0; j < features_; ++j) {
        row[j] = static_cast<T>(preparation.prepared(streams.rows.normal() + (is_minority ? offset_ : 0.0)));
      }
    }
    return split;
  }

  Index majority_ = 1000;
  Index minority_ = 100;
  Index features_ = 10;
  double offset_ = 5.0;
  bool balanced_test_ = false;
  Index test_samples_ = 1000;
};

}  // namespace

config::FamilyMember imbalanced() {
  return {"imbalanced", "two normal clouds of unequal size, N(0, 1) and N(offset, 1); labels 0 and 1",
          "\"How can TensorFlow's tf.keras.layers.BatchNormalization utilize global moving averages during training?\" (article 003), "
          "example 3",
          [] { return std::make_shared<Imbalanced>(); }};
}

}  // namespace normrun::data::sources
