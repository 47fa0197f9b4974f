#include <doctest/doctest.h>

#include "config/sample_options.hpp"

using namespace normrun;

namespace {

struct Case {
  std::string text;
  std::string message;
};

const std::string kMany(65, '[');

const std::vector<Case> kBroken = {
    {"", "1:1: the file is empty; a config is an object { … }"},
    {"  // nothing but a comment\n", "2:1: the file is empty; a config is an object { … }"},
    {"[1, 2]", "1:1: expected an object { … }, got [1, 2]"},
    {"\"x\"", "1:1: expected an object { … }, got \"x\""},
    {"{", "1:2: the file ends too early; the { of c.json:1:1 is not closed"},
    {"{\"a\"", "1:5: the file ends too early; the { of c.json:1:1 is not closed"},
    {"{\"a\":", "1:6: the file ends too early; the { of c.json:1:1 is not closed"},
    {"{\n \"a\": [1, 2", "2:12: the file ends too early; the [ of c.json:2:7 is not closed"},
    {"{\"a\": 1,}", "1:8: a comma before }; remove it"},
    {"{\"a\": [1, 2 /* last */ , ]}", "1:24: a comma before ]; remove it"},
    {"{\"a\": 1 \"b\": 2}", "1:9: expected , or } after the value, got \"b\"; is a comma missing before it?"},
    {"{\"a\": [1 2]}", "1:10: expected , or ] after the value, got 2; is a comma missing before it?"},
    {"{\"a\": 1]", "1:8: expected , or } after the value, got ']'"},
    {"{\"a\": 1; \"b\": 2}", "1:8: expected , or } after the value, got ';'"},
    {"{\"a\" 1}", "1:6: expected : after the key, got 1"},
    {"{\"a\": }", "1:7: expected a value, got '}'"},
    {"{\"a\": 1,, \"b\": 2}", "1:9: expected a key, got ','"},
    {"{a: 1}", "1:2: expected a key, got a; write keys in double quotes"},
    {"{'a': 1}", "1:2: expected a key, got a single quote; write keys in double quotes"},
    {"{\"a\": 'b'}", "1:7: expected a value, got a single quote; write texts in double quotes"},
    {"{\"a\": batch}", "1:7: expected a value, got batch; write texts in double quotes"},
    {"{\"a\": True}", "1:7: expected a value, got True; write true"},
    {"{\"a\": None}", "1:7: expected a value, got None; write null, or \"none\" if the option takes this word"},
    {"{\"a\": truely}", "1:7: expected a value, got truely; write texts in double quotes"},
    {"{\"a\": NaN}", "1:7: NaN is not a finite number"},
    {"{\"a\": -Infinity}", "1:7: -Infinity is not a finite number"},
    {"{\"a\": 1e400}", "1:7: 1e400 is not a finite number"},
    {"{\"a\": -1e999}", "1:7: -1e999 is not a finite number"},
    {"{\"a\": 01}", "1:7: 01 is not a JSON number; numbers look like 10, -0.5 or 1e-3"},
    {"{\"a\": 1.}", "1:7: 1. is not a JSON number; numbers look like 10, -0.5 or 1e-3"},
    {"{\"a\": .5}", "1:7: .5 is not a JSON number; numbers look like 10, -0.5 or 1e-3"},
    {"{\"a\": +1}", "1:7: +1 is not a JSON number; numbers look like 10, -0.5 or 1e-3"},
    {"{\"a\": 0x10}", "1:7: 0x10 is not a JSON number; numbers look like 10, -0.5 or 1e-3"},
    {"{\"a\": 1_000}", "1:7: 1_000 is not a JSON number; numbers look like 10, -0.5 or 1e-3"},
    {"{\"a\": -}", "1:7: - is not a JSON number; numbers look like 10, -0.5 or 1e-3"},
    {"{\"a\": \"x}", "1:7: a text that does not end on its line; close it with \""},
    {"{\"a\": \"x\ny\"}", "1:7: a text that does not end on its line; close it with \""},
    {"{\"a\": \"x\ty\"}", "1:9: a tab inside a text; write \\t"},
    {"{\"a\": \"\x01\"}", "1:8: a control character inside a text; write it as \\u00XX"},
    {"{\"a\": \"C:\\data\"}", "1:10: \\d is not an escape; write a backslash as \\\\"},
    {"{\"a\": \"\\ud800\"}",
     "1:7: a text with a \\u escape that is not a character; \\u takes four hexadecimal digits, or a surrogate pair"},
    {"{\"a\": 1} {", "1:10: expected the end of the file, got '{'; a config is one object { … }"},
    {"{\"a\": 1 /* no end }", "1:9: a comment that does not end; close it with */"},
    {"{\"a\": / 1}", "1:7: expected // or /* … */, got a single /"},
    {"{\"a\": 1, \"b\": 2,\n \"a\": 3, \"b\": 4}",
     "2:2 /a: the key \"a\" is given twice; first at c.json:1:2\nc.json:2:10 /b: the key \"b\" is given twice; first at c.json:1:10"},
    {"{\"a\": {\"b\": 1, \"\\u0062\": 2}}", "1:16 /a/b: the key \"b\" is given twice; first at c.json:1:8"},
    {"{\"a\": " + kMany, "1:70: the text is nested deeper than 64 levels"},
    {std::string("{\"a\": 1}\0", 9), "1:9: a NUL byte; is this a JSON text?"},
    {"{\"a\": \"\xC0\xAF\"}", "1:8: the text is not UTF-8; save the file in UTF-8"},
    {"{} // \xFF", "1:7: the text is not UTF-8; save the file in UTF-8"},
    {"{\"a\": \"\xED\xA0\x80\"}", "1:8: the text is not UTF-8; save the file in UTF-8"},
};

}  // namespace

TEST_CASE("what is no JSON is refused in words, with line and column") {
  for (const Case& broken : kBroken) {
    CAPTURE(broken.text);
    CHECK(refusal_of([&] { config::Document::parse(broken.text, "c.json"); }) == "c.json:" + broken.message);
  }
}

TEST_CASE("a text larger than 16 MiB and one of too many values are refused") {
  const std::string blanks(std::size_t{16} << 20, ' ');
  CHECK(refusal_of([&] { config::Document::parse("{}" + blanks, "c.json"); }).find("larger than 16 MiB") != std::string::npos);
  std::string many = "{\"a\": [1";
  for (int i = 0; i < 1'000'000; ++i) many += ",1";
  CHECK(refusal_of([&] { config::Document::parse(many + "]}", "c.json"); }).find("more than 1000000 values") != std::string::npos);
}

TEST_CASE("a document may be 64 levels deep") {
  const std::string open(63, '[');
  const std::string close(63, ']');
  CHECK(config::Document::parse("{\"a\":" + open + close + "}", "c.json").dump() == "{\"a\":" + open + close + "}");
}

TEST_CASE("comments, a byte order mark and CRLF are no mistakes") {
  const config::Document document =
      config::Document::parse("\xEF\xBB\xBF// first\r\n{ /* a */ \"a\" /* : */ : 1, // 2\r\n \"b\": \"// no comment\" }\r\n", "c.json");
  CHECK(document.dump() == "{\"a\":1,\"b\":\"// no comment\"}");
}

TEST_CASE("numbers keep their value: whole ones without a fraction, others in the shortest digits") {
  const config::Document document =
      config::Document::parse(R"({"a": [-0, 32.0, 1e3, 0.10, 1e-7, 1.5E+300, 9007199254740993, 99999999999999999999, -0.0]})", "c.json");
  CHECK(document.text_at("a") == "[0,32,1000,0.1,1e-07,1.5e+300,9007199254740993,1e+20,-0.0]");
}
