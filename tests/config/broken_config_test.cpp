#include <doctest/doctest.h>

#include "config/sample_options.hpp"

using namespace normrun;

namespace {

struct Case {
  std::string text;
  std::string message;  // behind "c.json:"
};

const std::vector<Case> kBroken = {
    {R"({"nam": "x"})", R"(1:2 /nam: unknown key "nam"; did you mean "name"?)"},
    {R"({"train": {"batchsize": 3}})", R"(1:12 /train/batchsize: unknown key "batchsize"; did you mean "batch_size"?)"},
    {R"({"train": {"Batch-Size": 3}})", R"(1:12 /train/Batch-Size: unknown key "Batch-Size"; did you mean "batch_size"?)"},
    {R"({"train": {"colour": 3}})", R"(1:12 /train/colour: unknown key "colour"; known keys: "batch_size", "epochs", "clip", "optimizer")"},
    {R"({"train": {"$schema": "x"}})",
     R"(1:12 /train/$schema: unknown key "$schema"; known keys: "batch_size", "epochs", "clip", "optimizer")"},
    {R"({"": 1, "name": ""})",
     R"(1:2 /: unknown key ""; known keys: "$schema", "name", "train", "header", "limit", "label", "weights", "shape", "eval_batch_sizes", "splits", "pairs", "shift", "optimizers", "grid", "claims")"},
    {R"({"name": 3})", R"(1:10 /name: expected a text, got 3; write it in double quotes)"},
    {R"({"name": "a\u0000b"})", R"(1:10 /name: expected a text without NUL characters, got "a\u0000b")"},
    {R"({"train": 3})", R"(1:11 /train: expected an object { … }, got 3)"},
    {R"({"train": {"batch_size": "many"}})", R"(1:26 /train/batch_size: expected a whole number >= 1, got "many")"},
    {R"({"train": {"batch_size": "32"}})", R"(1:26 /train/batch_size: expected a whole number >= 1, got "32"; write 32 without quotes)"},
    {R"({"train": {"batch_size": 0}})", R"(1:26 /train/batch_size: expected a whole number >= 1, got 0)"},
    {R"({"train": {"batch_size": 2.5}})", R"(1:26 /train/batch_size: expected a whole number >= 1, got 2.5)"},
    {R"({"train": {"batch_size": null}})", R"(1:26 /train/batch_size: expected a whole number >= 1, got null)"},
    {R"({"train": {"batch_size": true}})", R"(1:26 /train/batch_size: expected a whole number >= 1, got true)"},
    {R"({"train": {"batch_size": [4]}})", R"(1:26 /train/batch_size: expected a whole number >= 1, got [4])"},
    {R"({"train": {"batch_size": 99999999999999999999}})", R"(1:26 /train/batch_size: expected a whole number >= 1, got 1e+20)"},
    {R"({"train": {"batch_size": 9223372036854775808}})",
     R"(1:26 /train/batch_size: expected a whole number >= 1, got 9223372036854775808)"},
    {R"({"train": {"batch_size": 1e16}})", R"(1:26 /train/batch_size: expected a whole number >= 1, got 1e+16)"},
    {R"({"train": {"epochs": 1001}})", R"(1:22 /train/epochs: expected a whole number between 1 and 1000, got 1001)"},
    {R"({"train": {"clip": 11}})", R"(1:20 /train/clip: expected a number between 0 and 10, got 11)"},
    {R"({"train": {"optimizer": "adma"}})", R"(1:25 /train/optimizer: unknown optimizer type "adma"; did you mean "adam"?)"},
    {R"({"train": {"optimizer": 3}})", R"(1:25 /train/optimizer: expected an object with a "type" (optimizer), or the type alone, got 3)"},
    {R"({"train": {"optimizer": {"type": "adm"}}})", R"(1:34 /train/optimizer/type: unknown optimizer type "adm"; did you mean "adam"?)"},
    {R"({"train": {"optimizer": {"type": "lion", "beta": 1}}})",
     R"(1:34 /train/optimizer/type: unknown optimizer type "lion"; types: "sgd", "adam")"},
    {R"({"train": {"optimizer": {"type": 3}}})", R"(1:34 /train/optimizer/type: unknown optimizer type 3; types: "sgd", "adam")"},
    {R"({"train": {"optimizer": {"type": "sgd", "epsilon": 1}}})",
     R"(1:41 /train/optimizer/epsilon: unknown key "epsilon"; known keys: "type", "learning_rate", "momentum", "nesterov")"},
    {R"({"train": {"optimizer": {"type": "sgd", "momentum": 1}}})",
     R"(1:53 /train/optimizer/momentum: expected a number >= 0 and < 1, got 1)"},
    {R"({"train": {"optimizer": {"type": "sgd", "learning_rate": 0}}})",
     R"(1:58 /train/optimizer/learning_rate: expected a number > 0, got 0)"},
    {R"({"train": {"optimizer": {"type": "sgd", "nesterov": "yes"}}})",
     R"(1:53 /train/optimizer/nesterov: expected true or false, got "yes")"},
    {R"({"train": {"optimizer": {"type": "sgd", "nesterov": true}}})",
     R"(1:53 /train/optimizer/nesterov: expected a momentum > 0 beside "nesterov": true)"},
    {R"({"train": {"optimizer": {"type": "adam", "convention": "kears"}}})",
     R"(1:56 /train/optimizer/convention: expected one of "keras" or "torch", got "kears"; did you mean "keras"?)"},
    {R"({"train": {"learning_rate": 0.1}})",
     R"(1:12 /train/learning_rate: unknown key "learning_rate"; "learning_rate" stands in "train": {"optimizer": …})"},
    {R"({"batch_size": 8})", R"(1:2 /batch_size: unknown key "batch_size"; "batch_size" stands in "train")"},
    {R"({"train": {"device": "cuda"}})",
     R"(1:12 /train/device: unknown key "device"; leave it out: networks are trained on the processor)"},
    {R"({"header": "maybe"})", R"(1:12 /header: expected one of "auto", "true" or "false", got "maybe")"},
    {R"({"header": 1})", R"(1:12 /header: expected one of "auto", "true" or "false", got 1)"},
    {R"({"limit": "al"})", R"(1:11 /limit: expected a whole number >= 0 or "all", got "al"; did you mean "all"?)"},
    {R"({"limit": "5"})", R"(1:11 /limit: expected a whole number >= 0 or "all", got "5"; write 5 without quotes)"},
    {R"({"limit": -1})", R"(1:11 /limit: expected a whole number >= 0 or "all", got -1)"},
    {R"({"label": -1})", R"(1:11 /label: expected a whole number >= 0 or a text, got -1)"},
    {R"({"weights": 1})", R"(1:13 /weights: expected a list of numbers, got 1; write lists in brackets: [ … ])"},
    {R"({"weights": [1, -2, "x"]})",
     "1:17 /weights/1: expected a number >= 0, got -2\nc.json:1:21 /weights/2: expected a number >= 0, got \"x\""},
    {R"({"shape": [28, 0.5]})", R"(1:16 /shape/1: expected a whole number >= 1, got 0.5)"},
    {R"({"eval_batch_sizes": [4, "some"]})", R"(1:26 /eval_batch_sizes/1: expected a whole number >= 1, "train" or "all", got "some")"},
    {R"({"splits": ["test", 1]})", R"(1:21 /splits/1: expected a text, got 1; write it in double quotes)"},
    {R"({"pairs": [["train"]]})",
     R"(1:12 /pairs/0: expected a pair [a, b], each one of "train", "eval" or "initial-statistics", got ["train"])"},
    {R"({"pairs": [["train", "evil"]]})",
     R"(1:22 /pairs/0/1: expected one of "train", "eval" or "initial-statistics", got "evil"; did you mean "eval"?)"},
    {R"({"shift": {"scale": 1}})", R"(1:11 /shift: expected a list of objects, got {"scale": 1}; write lists in brackets: [ … ])"},
    {R"({"shift": [{"scale": 1}, 2]})", R"(1:26 /shift/1: expected an object { … }, got 2)"},
    {R"({"optimizers": [{"type": "sgd"}, {"typ": "adam"}]})", R"(1:34 /optimizers/1: the optimizer has no "type"; types: "sgd", "adam")"},
    {R"({"grid": [1]})", R"(1:10 /grid: expected an object { … }, got [1])"},
    {R"({"claims": {}})", R"(1:12 /claims: expected a list [ … ], got {})"},
};

}  // namespace

TEST_CASE("a broken config is refused with its place, what was expected and what to do") {
  for (const Case& broken : kBroken) {
    CAPTURE(broken.text);
    CHECK(problems_of(broken.text) == "c.json:" + broken.message);
  }
}

TEST_CASE("all problems of a file in one go, in the order of the text") {
  CHECK(
      problems_of(
          "{\n  \"splits\": 3,\n  \"train\": {\n    \"epoch\": 1,\n    \"clip\": -1,\n    \"batch_size\": \"x\"\n  },\n  \"nam\": 1\n}") ==
      "c.json:2:13 /splits: expected a list of texts, got 3; write lists in brackets: [ … ]\n"
      "c.json:4:5 /train/epoch: unknown key \"epoch\"; did you mean \"epochs\"?\n"
      "c.json:5:13 /train/clip: expected a number between 0 and 10, got -1\n"
      "c.json:6:19 /train/batch_size: expected a whole number >= 1, got \"x\"\n"
      "c.json:8:3 /nam: unknown key \"nam\"; did you mean \"name\"?");
}

TEST_CASE("a long value is cut between characters") {
  std::string long_text;
  for (int i = 0; i < 100; ++i) long_text += "ä";
  const std::string message = problems_of("{\"limit\": \"" + long_text + "\"}");
  CHECK(message.size() < 250);
  CHECK(message.find("ä…") != std::string::npos);
}

TEST_CASE("a refused value leaves the option alone, the rest is still read") {
  SampleTrain train;
  std::vector<Problem> problems;
  config::Document::parse(R"({"batch_size": 0, "epochs": 0, "clip": 2})", "c.json").read("", train, problems);
  CHECK(problems.size() == 2);
  CHECK(train.batch_size == 32);
  CHECK_FALSE(train.epochs.has_value());
  CHECK(train.clip == 2.0);
}

TEST_CASE("relations between options: all that fail, but none between values that were refused") {
  struct Related : config::Described {
    Index low = 5;
    Index high = 1;
    void describe(config::OptionVisitor& visitor) override {
      visitor.integer({"low", ""}, low, {.low = 0});
      visitor.integer({"high", ""}, high, {.low = 0});
      visitor.require(low <= high, "high", "\"high\" >= \"low\"");
      visitor.require(low % 2 == 0, "", "an even \"low\"");
      visitor.require(high % 2 == 0, "", "an even \"high\"");
    }
  };
  const auto problems_in = [](const std::string& text) {
    Related related;
    std::vector<Problem> problems;
    config::Document::parse(text, "c.json").read("", related, problems);
    return lines_of(problems);
  };
  CHECK(problems_in("{ \"low\": 3, \"high\": 1}") ==
        "c.json:1:1: expected an even \"low\"\nc.json:1:1: expected an even \"high\"\nc.json:1:21 /high: expected \"high\" >= \"low\"");
  CHECK(problems_in("{}") ==
        "c.json:1:1: expected \"high\" >= \"low\"\nc.json:1:1: expected an even \"low\"\nc.json:1:1: expected an even \"high\"");
  CHECK(problems_in("{\"low\": 4, \"high\": -1}") == "c.json:1:20 /high: expected a whole number >= 0, got -1");
}

TEST_CASE("read names what is missing at its pointer") {
  const config::Document document = config::Document::parse("{\"train\": 3}", "c.json");
  SampleTrain train;
  std::vector<Problem> problems;
  document.read("/nothing", train, problems);
  document.read("/train", train, problems);
  CHECK(lines_of(problems) ==
        "c.json /nothing: expected an object { … }, got nothing\nc.json:1:11 /train: expected an object { … }, got 3");
}
