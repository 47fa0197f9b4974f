#include "files/onnx_edit.hpp"

#include <doctest/doctest.h>

#include <protozero/pbf_writer.hpp>

#include "core/error.hpp"

using namespace normrun;

namespace {

std::string field(protozero::pbf_tag_type number, const std::string& value) {
  std::string bytes;
  protozero::pbf_writer(bytes).add_bytes(number, value);
  return bytes;
}

/// A node with two inputs, an output and a name.
std::string node(const std::string& name) { return field(1, "x") + field(1, "mean") + field(2, "y_" + name) + field(3, name); }

/// The IR version 10, then a graph with two nodes that share a tensor.
std::string model() {
  const std::string graph = field(1, node("first")) + field(1, node("second")) + field(2, "graph");
  return std::string("\x08\x0a", 2) + field(7, graph);
}

}  // namespace

TEST_CASE("a node gets a tensor of its own, and nothing else changes") {
  const std::string edited = files::with_initializers(model(), {{"own", {1.0F, -2.0F}}}, {{"second", 1, "own"}}, "m.onnx");
  const std::string second = field(1, "x") + field(1, "own") + field(2, "y_second") + field(3, "second");
  const std::string raw("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8);
  const std::string tensor = std::string("\x08\x02\x10\x01", 4) + field(8, "own") + field(9, raw);
  const std::string graph = field(1, node("first")) + field(1, second) + field(2, "graph") + field(5, tensor);
  CHECK(edited == std::string("\x08\x0a", 2) + field(7, graph));
}

TEST_CASE("metadata stand behind the rest") {
  CHECK(files::with_metadata(model(), "key", "value") == model() + field(14, field(1, "key") + field(2, "value")));
}

TEST_CASE("a file that is cut off is refused") {
  const std::string whole = model();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    if (size == 2) continue;  // a model of a version and nothing else
    CAPTURE(size);
    try {
      files::with_initializers(whole.substr(0, size), {}, {}, "m.onnx");
      FAIL("not refused");
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::kDamaged);
    }
  }
}
