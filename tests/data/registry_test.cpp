// Every data type: documented, and the same again after its resolved options were written and read.
#include "data/registry.hpp"

#include <doctest/doctest.h>

#include "data_rig.hpp"

namespace normrun::test {

TEST_CASE("the types of INTERFACE are there, each with its purpose and source") {
  for (const std::string type : {"gaussian", "uniform", "imbalanced", "spirals", "stroke-digits", "sequences", "idx", "csv", "npy"}) {
    CAPTURE(type);
    const config::FamilyMember* member = data::data_family().find(type);
    REQUIRE(member != nullptr);
    CHECK_FALSE(member->doc.empty());
    CHECK_FALSE(member->source.empty());
  }
}

TEST_CASE("resolved options read back as themselves") {
  for (const std::string text : {
           R"({"type": "gaussian"})",
           R"({"type": "gaussian", "target": "prototypes", "features": 784})",
           R"({"type": "gaussian", "target": "teacher", "shape": [4, 4, 3], "limit": 7})",
           R"({"type": "uniform", "target": "clusters", "clip": [0, 1], "resample": true, "test_samples": 5, "binarize": 0.5})",
           R"({"type": "imbalanced", "balanced_test": true, "batching": {"order": "by-class", "last": "drop"}})",
           R"({"type": "spirals", "shift": [{"split": "test", "offset": 2}]})",
           R"({"type": "stroke-digits", "standardize": true})",
           R"({"type": "idx", "train": {"images": "a", "labels": "b"}})",
           R"({"type": "idx", "train": {"images": "a", "labels": "b"}, "binarize": 127})",
           R"({"type": "csv", "path": "a", "label": "kind", "header": true})",
           R"({"type": "csv", "train": "a", "test": "b", "label": 3, "target": "number"})",
           R"({"type": "csv", "path": "a", "label": 1, "sequence": "id", "time": 0, "pad_to": 40})",
           R"({"type": "csv", "path": "a", "label": 1, "sequence": "id", "label_of": "step"})",
           R"({"type": "sequences", "classes": 3, "min_length": 5, "pad_to": 30, "resample": true})",
           R"({"type": "sequences", "label_of": "step"})",
           R"({"type": "npy", "train": {"features": "a", "labels": "b"}, "ignore_label": 255})",
           R"({"type": "npy", "train": {"features": "a", "labels": "b"}, "test": {"features": "c", "labels": "d"}, "classes": 4})",
       }) {
    CAPTURE(text);
    const std::string resolved = resolved_config(data_spec(text));
    CHECK(resolved_config(data_of(resolved)) == resolved);
  }
}

TEST_CASE("the inputs of a split are needed") {
  check_refused([] { data_spec(R"({"type": "idx"})"); }, ExitCode::kUsage, {"the key \"train\"", "images"});
  check_refused([] { data_spec(R"({"type": "npy"})"); }, ExitCode::kUsage, {"the key \"train\"", "features"});
  check_refused([] { data_spec(R"({"type": "idx", "train": {"labels": "b"}})"); }, ExitCode::kUsage, {"/data/train", "images"});
  check_refused([] { data_spec(R"({"type": "idx", "train": {"features": "a", "labels": "b"}})"); }, ExitCode::kUsage, {"features"});
}

}  // namespace normrun::test
