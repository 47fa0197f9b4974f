#include <doctest/doctest.h>

#include <algorithm>

#include "config/sample_options.hpp"

using namespace normrun;

TEST_CASE("write_resolved: every option, nested, absent ones left out") {
  SampleTrain train;
  train.clip = 2.0;
  CHECK(config::write_resolved(train) == R"({
  "batch_size": 32,
  "clip": 2,
  "optimizer": {
    "type": "adam",
    "convention": "keras",
    "learning_rate": 0.001,
    "epsilon": 1e-07
  }
}
)");
  train.optimizer = nullptr;
  CHECK(config::write_resolved(train) == "{\n  \"batch_size\": 32,\n  \"clip\": 2\n}\n");
}

TEST_CASE("write_resolved: lists of plain values on one line, words in their first spelling, true as JSON") {
  SampleRoot root;
  root.header = SampleHeader::kTrue;
  const std::string text = config::write_resolved(root);
  CHECK(text.find("\n  \"weights\": [0.5, 2],\n") != std::string::npos);
  CHECK(text.find("\n  \"eval_batch_sizes\": [\"train\", 4],\n") != std::string::npos);
  CHECK(text.find("\n  \"pairs\": [[\"train\", \"eval\"]],\n") != std::string::npos);
  CHECK(text.find("\n  \"header\": true,\n") != std::string::npos);
  CHECK(text.find("\n  \"shift\": [],\n") != std::string::npos);
}

TEST_CASE("what write_resolved writes is read back as the same") {
  SampleRoot root;
  std::vector<Problem> problems;
  config::Document::parse(
      R"({"name": "a\"b\u0001é", "header": "auto", "limit": "all", "label": 3, "weights": [0.1, 1e-300, 12345678901234567], "shape": [1],
    "pairs": [["eval", "initial_statistics"]], "shift": [{"scale": -0.0}], "optimizers": [{"type": "adam", "convention": "pytorch", "epsilon": 3e-5}],
    "train": {"optimizer": {"type": "sgd", "learning_rate": 0.30000000000000004}, "clip": 0.1, "epochs": 7},
    "grid": {"a": [{"b": 1}, "x"]}, "claims": [{"id": "x"}]})",
      "c.json")
      .read("", root, problems);
  REQUIRE(lines_of(problems) == "");
  const std::string text = config::write_resolved(root);
  SampleRoot again;
  config::Document::parse(text, "again").read("", again, problems);
  CHECK(lines_of(problems) == "");
  CHECK(config::write_resolved(again) == text);
  CHECK(again.weights == root.weights);
  CHECK(sgd(again.train.optimizer).learning_rate == 0.30000000000000004);
  CHECK(adam(again.optimizers[0]).epsilon == 3e-5);
  CHECK(again.name == "a\"b\x01é");
  CHECK(again.grid == root.grid);
}

TEST_CASE("writing leaves the object as it is") {
  SampleRoot root;
  const std::string text = config::write_resolved(root);
  config::write_schema(root, "id", "title");
  config::option_rows(root);
  CHECK(root.shift.empty());
  CHECK(config::write_resolved(root) == text);
}

TEST_CASE("write_schema: one description of every option for editors") {
  SampleRoot root;
  const config::Document schema = config::Document::parse(config::write_schema(root, "sample.schema.json", "a sample"), "schema");
  const auto at = [&](const char* key) { return schema.text_at(key); };
  CHECK(at("$schema") == "\"http://json-schema.org/draft-07/schema#\"");
  CHECK(at("$id") == "\"sample.schema.json\"");
  CHECK(at("title") == "\"a sample\"");
  CHECK(at("type") == "\"object\"");
  CHECK(at("additionalProperties") == "false");
  CHECK(at("properties.$schema.type") == "\"string\"");
  CHECK(at("properties.name") == R"({"description":"names the results","type":"string","default":"sample"})");
  CHECK(at("properties.header.enum") == R"(["auto",true,false])");
  CHECK(at("properties.limit.anyOf") == R"([{"type":"integer","minimum":0},{"enum":["all"]}])");
  CHECK(at("properties.label.anyOf.1") == R"({"type":"string"})");
  CHECK(at("properties.weights") ==
        R"({"description":"one for each class","type":"array","items":{"type":"number","minimum":0},"default":[0.5,2]})");
  CHECK(at("properties.pairs.items") ==
        R"({"type":"array","items":{"enum":["train","eval","initial-statistics"]},"minItems":2,"maxItems":2})");
  CHECK(at("properties.shift.items.properties.scale.type") == "\"number\"");
  CHECK(at("properties.shift.items.additionalProperties") == "false");
  CHECK(at("properties.grid.type") == "\"object\"");
  CHECK(at("properties.claims.type") == "\"array\"");
  CHECK(at("properties.train.properties.epochs") ==
        R"({"description":"passes over the rows","type":"integer","minimum":1,"maximum":1000})");
  CHECK(at("properties.train.properties.optimizer.allOf.0") == R"({"$ref":"#/definitions/optimizer"})");
  CHECK(at("properties.train.properties.optimizer.default.type") == "\"adam\"");
}

TEST_CASE("write_schema: a family branches on its type and refuses other keys in each branch") {
  SampleRoot root;
  const config::Document schema = config::Document::parse(config::write_schema(root, "id", "title"), "schema");
  const auto at = [&](const char* key) { return schema.text_at(key); };
  CHECK(at("definitions.optimizer.else.properties.type.enum") == R"(["sgd","adam"])");
  CHECK(at("properties.optimizers.items.allOf.1.then") == R"({"required":["type"]})");
  CHECK(at("properties.train.properties.optimizer.allOf.1.then") == R"({"$ref":"#/definitions/optimizer/else/allOf/1/then"})");
  CHECK(at("definitions.optimizer.else.allOf.0.if") == R"({"properties":{"type":{"const":"sgd"}},"required":["type"]})");
  CHECK(at("definitions.optimizer.else.allOf.0.then.properties.type") == R"({"const":"sgd"})");
  CHECK(at("definitions.optimizer.else.allOf.0.then.properties.learning_rate.exclusiveMinimum") == "0");
  CHECK(at("definitions.optimizer.else.allOf.0.then.properties.momentum.exclusiveMaximum") == "1");
  CHECK(at("definitions.optimizer.else.allOf.0.then.additionalProperties") == "false");
  CHECK(at("definitions.optimizer.else.allOf.1.then.description") == "\"adaptive moments (Kingma & Ba 2015)\"");
  CHECK(at("definitions.optimizer.else.allOf.1.then.properties.convention.enum") == R"(["keras","torch","pytorch"])");
}

TEST_CASE("option_rows: what `list` shows") {
  SampleRoot root;
  const std::vector<config::OptionRow> rows = config::option_rows(root);
  const auto line = [&](const std::string& name) {
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const config::OptionRow& r) { return r.name == name; });
    return row == rows.end() ? "none" : row->kind + "|" + row->range + "|" + row->fallback + "|" + row->doc;
  };
  CHECK(line("name") == "text||\"sample\"|names the results");
  CHECK(line("train.batch_size") == "integer|>= 1|32|rows a step");
  CHECK(line("train.epochs") == "integer|between 1 and 1000||passes over the rows");
  CHECK(line("header") == "one of \"auto\", \"true\" or \"false\"||\"auto\"|whether a first line names the columns");
  CHECK(line("limit") == "integer or \"all\"|>= 0|\"all\"|rows to keep");
  CHECK(line("weights") == "list: number|>= 0|[0.5,2]|one for each class");
  CHECK(line("shift[].scale") == "number||1|the inputs' factor");
  CHECK(line("optimizers") == "list: optimizer of type \"sgd\" or \"adam\"||[]|several");
}
