#include <doctest/doctest.h>

#include <cstdio>

#include "config/sample_options.hpp"

using namespace normrun;

TEST_CASE("every value's place: lines and columns count from 1, columns in characters") {
  const config::Document document = config::Document::parse(
      "{\r\n  \"größe\": 1, \"b\": [true,\t{\"c/d\": \"ä\"}, 2],\r\n  // c\r\n  \"e\": /* x\n y */ -1.5e3 }", "c.json");
  CHECK(document.where("") == "c.json:1:1");
  CHECK(document.where("/größe") == "c.json:2:12 /größe");
  CHECK(document.where("/b") == "c.json:2:20 /b");
  CHECK(document.where("/b/0") == "c.json:2:21 /b/0");
  CHECK(document.where("/b/1/c~1d") == "c.json:2:35 /b/1/c~1d");
  CHECK(document.where("/b/2") == "c.json:2:41 /b/2");
  CHECK(document.where("/e") == "c.json:5:7 /e");
  CHECK(document.where("/nowhere") == "c.json /nowhere");
}

TEST_CASE("a message's place stays one line") {
  const config::Document document = config::Document::parse("{\"a\\nb\": 1}", "c.json");
  CHECK(document.where("/a\nb") == "c.json:1:10 /a\\nb");
}

TEST_CASE("set puts values, makes objects on the way and remembers where they come from") {
  config::Document document = config::Document::parse("{\"train\": {\"batch_size\": 1}, \"network\": [{\"units\": 3}]}", "c.json");
  document.set("train.batch_size", "8", "--set train.batch_size");
  document.set("norm.type", "batch", "--set norm.type");
  document.set("network.0.units", "5", "--set network.0.units");
  CHECK(document.dump() == R"({"train":{"batch_size":8},"network":[{"units":5}],"norm":{"type":"batch"}})");
  CHECK(document.where("/train/batch_size") == "--set train.batch_size");
  CHECK(document.where("/train") == "c.json:1:11 /train");
  CHECK(document.where("/network/0/units") == "--set network.0.units");

  document.set("train", R"({"batch_size": 16})", "--set train");
  CHECK(document.where("/train/batch_size") == "--set train/batch_size");
  CHECK(document.text_at("train") == R"({"batch_size":16})");
}

TEST_CASE("set takes what is not JSON as a text") {
  config::Document document = config::Document::parse("{}", "c.json");
  for (const char* text : {"batch", "1e999", "01", "[1,", "NaN", "a,b", ""}) {
    CAPTURE(text);
    document.set("a", text, "--set a");
    CHECK(document.text_at("a") == "\"" + std::string(text) + "\"");
  }
  document.set("a", " [1, 2.0] ", "--set a");
  CHECK(document.text_at("a") == "[1,2]");
}

TEST_CASE("set refuses keys that lead nowhere") {
  config::Document document = config::Document::parse(R"({"a": 1, "list": [1, 2]})", "c.json");
  const auto refusal = [&](const char* key) { return refusal_of([&] { document.set(key, "1", "--set x"); }); };
  CHECK(refusal("a.b") == "--set x: \"/a\" is 1, which has no options; give the whole object");
  CHECK(refusal("list.2") == "--set x: \"/list\" is a list of 2 values, which has no \"2\"; places count from 0");
  CHECK(refusal("list.x") == "--set x: \"/list\" is a list of 2 values, which has no \"x\"; places count from 0");
  CHECK(refusal("list.01") == "--set x: \"/list\" is a list of 2 values, which has no \"01\"; places count from 0");
  CHECK(refusal("list.99999999999999999999").find("which has no") != std::string::npos);
  CHECK(refusal("a..b") == "--set x: expected a dotted key such as train.batch_size, got \"a..b\"");
  CHECK(refusal("new.").find("expected a dotted key") != std::string::npos);
  CHECK(refusal("").find("expected a dotted key") != std::string::npos);
  CHECK(refusal("\xFF").find("not UTF-8") != std::string::npos);
  CHECK(document.dump() == R"({"a":1,"list":[1,2]})");
}

TEST_CASE("erase, contains and text_at") {
  config::Document document = config::Document::parse(R"({"a": {"b": [1, {"c": 2}]}})", "c.json");
  CHECK(document.contains("a.b.1.c"));
  CHECK_FALSE(document.contains("a.b.2"));
  CHECK_FALSE(document.contains("a.b.1.c.d"));
  CHECK(document.text_at("a.b") == "[1,{\"c\":2}]");
  CHECK(document.text_at("a.x") == "");
  document.erase("a.b.1.c");
  document.erase("a.nothing");
  document.erase("x.y");
  CHECK(document.dump() == R"({"a":{"b":[1,{}]}})");
}

TEST_CASE("restore puts back what another document gives") {
  config::Document given = config::Document::parse(R"({"a": {"type": "x", "b": 1}, "list": [{"c": 2}], "kept": 3})", "c.json");
  config::Document document =
      config::Document::parse(R"({"a": {"type": "y", "b": 5, "d": 6}, "list": [{"c": 7, "e": 8}], "more": {"f": 9}})", "r.json");
  for (const char* key : {"a", "list.0", "more", "kept"}) document.restore(key, given);
  CHECK(document.dump() == R"({"a":{"type":"x","b":1},"list":[{"c":2}]})");
}

TEST_CASE("restore leaves out what an overridden type does not know") {
  config::Document given = config::Document::parse(R"({"a": {"type": "x", "old": 1, "both": 2}})", "c.json");
  given.set("a.type", "y", "--set a.type");
  config::Document document = config::Document::parse(R"({"a": {"type": "y", "both": 3, "own": 4}})", "r.json");
  document.restore("a", given);
  CHECK(document.dump() == R"({"a":{"type":"y","both":2}})");
}

TEST_CASE("copies are independent") {
  const config::Document document = config::Document::parse(R"({"a": 1})", "c.json");
  config::Document copy = document;
  copy.set("a", "2", "--set a");
  CHECK(document.dump() == R"({"a":1})");
  CHECK(document.where("/a") == "c.json:1:7 /a");
  copy = document;
  CHECK(copy.dump() == R"({"a":1})");
  const config::Document moved = std::move(copy);
  CHECK(moved.name() == "c.json");
}

TEST_CASE("load names the file that cannot be read") {
  CHECK(refusal_of([] { config::Document::load("no/such/file.json"); }) ==
        "no/such/file.json: cannot read: No such file or directory; check the path");
  CHECK(refusal_of([] { config::Document::load("/"); }) == "/: cannot read: Is a directory");
  CHECK(refusal_of([] { config::Document::load("/dev/zero"); }).find("larger than 16 MiB") != std::string::npos);
}
