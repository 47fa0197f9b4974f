#include <doctest/doctest.h>

#include "config/sample_options.hpp"

using namespace normrun;

namespace {

SampleRoot read(const std::string& text) {
  SampleRoot root;
  std::vector<Problem> problems;
  config::Document::parse(text, "c.json").read("", root, problems);
  CHECK(lines_of(problems) == "");
  return root;
}

}  // namespace

TEST_CASE("absent options keep their defaults") {
  const SampleRoot root = read("{}");
  CHECK(root.name == "sample");
  CHECK(root.train.batch_size == 32);
  CHECK(root.train.optimizer->type == "adam");
  CHECK(root.weights == std::vector<double>{0.5, 2.0});
}

TEST_CASE("every kind of option is read") {
  const SampleRoot root = read(R"({
    "$schema": "x.json", "name": "é", "header": false, "limit": 5, "label": "digit", "weights": [1, 2.5], "shape": [28, 28.0, 1e0],
    "eval_batch_sizes": ["all", 1e1], "splits": ["train", "test"], "pairs": [["eval", "initial_statistics"]],
    "shift": [{"scale": 2, "split": "train"}, {}], "optimizers": [{"type": "sgd"}, {"epsilon": 0, "type": "adam"}],
    "grid": {"train.batch_size": [1, 2.0]}, "claims": [{}],
    "train": {"batch_size": 1e3, "epochs": 3, "clip": 0, "optimizer": {"type": "sgd", "momentum": 0.9, "nesterov": true}}})");
  CHECK(root.name == "é");
  CHECK(root.header == SampleHeader::kFalse);
  CHECK(root.limit == config::Count{"", 5});
  CHECK(root.label == config::Count{"digit", 0});
  CHECK(root.weights == std::vector<double>{1.0, 2.5});
  CHECK(root.shape == std::vector<Index>{28, 28, 1});
  CHECK(root.eval_batch_sizes == std::vector<config::Count>{{"all", 0}, {"", 10}});
  CHECK(root.splits == std::vector<std::string>{"train", "test"});
  CHECK(root.pairs == std::vector<std::pair<std::string, std::string>>{{"eval", "initial-statistics"}});
  REQUIRE(root.shift.size() == 2);
  CHECK(root.shift[0].scale == 2.0);
  CHECK(root.shift[0].split == "train");
  CHECK(root.shift[1].scale == 1.0);
  REQUIRE(root.optimizers.size() == 2);
  CHECK(root.optimizers[0]->type == "sgd");
  CHECK(adam(root.optimizers[1]).epsilon == 0.0);
  CHECK(root.grid == R"({"train.batch_size":[1,2]})");
  CHECK(root.claims == "[{}]");
  CHECK(root.train.batch_size == 1000);
  CHECK(root.train.epochs == 3);
  CHECK(root.train.clip == 0.0);
  CHECK(sgd(root.train.optimizer).momentum == 0.9);
  CHECK(sgd(root.train.optimizer).nesterov);
}

TEST_CASE("a bare text is a family's type with its defaults") {
  const SampleRoot root = read(R"({"train": {"optimizer": "sgd"}, "optimizers": ["adam", {"type": "sgd"}]})");
  CHECK(root.train.optimizer->type == "sgd");
  REQUIRE(root.optimizers.size() == 2);
  CHECK(root.optimizers[0]->type == "adam");
}

TEST_CASE("options without a type belong to the default's") {
  SampleRoot root;
  std::vector<Problem> problems;
  config::Document document = config::Document::parse("{}", "c.json");
  document.set("train.optimizer.epsilon", "0.5", "--set train.optimizer.epsilon");
  document.read("", root, problems);
  CHECK(lines_of(problems) == "");
  CHECK(adam(root.train.optimizer).epsilon == 0.5);
  CHECK(problems_of(R"({"train": {"optimizer": {"momentum": 0.5}}})").find("unknown key \"momentum\"") != std::string::npos);
  CHECK(problems_of(R"({"optimizers": [{"epsilon": 0.5}]})") ==
        "c.json:1:17 /optimizers/0: the optimizer has no \"type\"; types: \"sgd\", \"adam\"");
}

TEST_CASE("a type that is allowed for drops the others' keys") {
  SampleRoot root;
  std::vector<Problem> problems;
  config::Document document =
      config::Document::parse(R"({"train": {"optimizer": {"type": "sgd", "epsilon": 0.5, "epsilo": 1}}})", "c.json");
  document.allow_other_types("train.optimizer");
  document.read("", root, problems);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].what == "unknown key \"epsilo\"");
}

TEST_CASE("whole numbers: int64 literally, others up to 2^53") {
  CHECK(read(R"({"train": {"batch_size": 9223372036854775807}})").train.batch_size == 9223372036854775807);
  CHECK(read(R"({"train": {"batch_size": 9007199254740992.0}})").train.batch_size == 9007199254740992);
  CHECK(read(R"({"limit": -0})").limit == config::Count{"", 0});
  CHECK(read(R"({"limit": -0.0})").limit == config::Count{"", 0});
}

TEST_CASE("null empties what is optional") {
  const SampleRoot root = read(R"({"train": {"epochs": null, "clip": null, "optimizer": null}})");
  CHECK_FALSE(root.train.epochs.has_value());
  CHECK_FALSE(root.train.clip.has_value());
  CHECK(root.train.optimizer == nullptr);
}

TEST_CASE("a preset that is read first sets defaults that later keys overrule, whatever their order in the text") {
  CHECK(adam(read(R"({"train": {"optimizer": {"type": "adam", "convention": "torch"}}})").train.optimizer).epsilon == 1e-8);
  CHECK(adam(read(R"({"train": {"optimizer": {"epsilon": 0.5, "convention": "pytorch", "type": "adam"}}})").train.optimizer).epsilon ==
        0.5);
}

TEST_CASE("aliases, '-' for '_' and JSON's true are understood") {
  CHECK(adam(read(R"({"train": {"optimizer": {"type": "adam", "convention": "pytorch"}}})").train.optimizer).convention ==
        SampleConvention::kTorch);
  CHECK(read(R"({"header": true})").header == SampleHeader::kTrue);
  CHECK(read(R"({"header": "false"})").header == SampleHeader::kFalse);
}

TEST_CASE("keys left to other readers are known") {
  const config::Document document = config::Document::parse(R"({"batch_size": 4, "claims": [], "clams": 1})", "c.json");
  SampleTrain train;
  std::vector<Problem> problems;
  document.read("", train, problems, {"claims"});
  CHECK(lines_of(problems) == R"(c.json:1:33 /clams: unknown key "clams"; did you mean "claims"?)");
  CHECK(train.batch_size == 4);
}

TEST_CASE("a value that an override put there is blamed on the override") {
  config::Document document = config::Document::parse(R"({"train": {"batch_size": 4}})", "c.json");
  document.set("train.batch_size", "many", "--set train.batch_size");
  document.set("train.optimizer", R"({"type": "sgd", "momentum": 2})", "--set train.optimizer");
  document.set("colour", "red", "--set colour");
  document.set("name", "3", "--set name");
  CHECK(
      problems_of(document) ==
      "--set name: expected a text, got 3; write it in double quotes\n"
      "--set train.batch_size: expected a whole number >= 1, got \"many\"\n"
      "--set train.optimizer/momentum: expected a number >= 0 and < 1, got 2\n"
      "--set colour: unknown key \"colour\"; known keys: \"$schema\", \"name\", \"train\", \"header\", \"limit\", \"label\", \"weights\", "
      "\"shape\", \"eval_batch_sizes\", \"splits\", \"pairs\", \"shift\", \"optimizers\", \"grid\", \"claims\"");
}

TEST_CASE("where an override changes the type, keys of the other types are dropped, keys of none refused") {
  const config::Document document =
      config::Document::parse(R"({"train": {"optimizer": {"type": "adam", "epsilon": 0.1, "learning_rate": 0.5}}})", "c.json");
  config::Document retyped = document;
  retyped.set("train.optimizer.type", "sgd", "--set train.optimizer.type");
  SampleRoot root;
  std::vector<Problem> problems;
  retyped.read("", root, problems);
  CHECK(lines_of(problems) == "");
  CHECK(sgd(root.train.optimizer).learning_rate == 0.5);

  config::Document unknown = retyped;
  unknown.set("train.optimizer.epsilom", "1", "--set train.optimizer.epsilom");
  CHECK(problems_of(unknown) ==
        "--set train.optimizer.epsilom: unknown key \"epsilom\"; known keys: \"type\", \"learning_rate\", \"momentum\", \"nesterov\"");

  config::Document replaced = retyped;
  replaced.set("train.optimizer", R"({"type": "sgd", "epsilon": 0.1})", "--set train.optimizer");
  CHECK(problems_of(replaced).find("unknown key \"epsilon\"") != std::string::npos);

  config::Document wrong = document;
  wrong.set("train.optimizer.type", "sgdd", "--grid train.optimizer.type");
  CHECK(problems_of(wrong) == "--grid train.optimizer.type: unknown optimizer type \"sgdd\"; did you mean \"sgd\"?");
}
