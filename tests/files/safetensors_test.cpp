#include "files/safetensors.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <limits>

#include "core/error.hpp"
#include "core/random.hpp"

namespace normrun::test {
namespace {

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& name) : path_((std::filesystem::temp_directory_path() / ("normrun_test_" + name)).string()) {}
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A safetensors file from its parts.
std::string assemble(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

/// What reading these bytes gives as an error, "" where they are read.
std::string problem_of(const std::string& bytes) {
  try {
    files::parse_safetensors(bytes, "file");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::kDamaged);
    return error.what();
  }
  return "";
}

bool is_refused(const std::string& bytes) { return !problem_of(bytes).empty(); }

/// A file of another program, without metadata, of every type that we only read.
std::string foreign_file() {
  std::string data;
  const auto add = [&](const auto& value) { data.append(reinterpret_cast<const char*>(&value), sizeof value); };
  add(std::int64_t{-7});
  add(std::int32_t{5});
  add(std::uint16_t{0x3C00});  // 1.0 in half precision
  add(std::uint16_t{0x8001});  // its smallest negative number
  add(std::uint16_t{0x3FC0});  // 1.5 as bfloat16
  return assemble(R"({"b":{"dtype":"I32","shape":[1],"data_offsets":[8,12]}, "a":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
                  R"("h":{"dtype":"F16","shape":[2],"data_offsets":[12,16]},"z":{"dtype":"BF16","shape":[1,1],"data_offsets":[16,18]}})",
                  data);
}

files::TensorFile example() {
  const double inf = std::numeric_limits<double>::infinity();
  files::TensorFile file;
  file.metadata = {{"config", "0123"}, {"note", "käse \"quoted\"\n"}};
  file.tensors.push_back({"dense_0.kernel", {2, 3}, false, {1.5, -2.25, 0.0, inf, -0.0, 1e-30F}});
  file.tensors.push_back({"batch_1.moving_mean", {2}, true, {0.1, std::numeric_limits<double>::denorm_min()}});
  file.tensors.push_back({"batch_1.updates", {}, true, {3}});
  file.tensors.push_back({"empty", {0, 4}, false, {}});
  return file;
}

}  // namespace

TEST_CASE("a file gives back its tensors, in their order, and its metadata") {
  const TemporaryFile file("round_trip.safetensors");
  files::write_safetensors(file.path(), example());
  const files::TensorFile read = files::read_safetensors(file.path());
  const files::TensorFile written = example();
  REQUIRE(read.tensors.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const files::Tensor& expected = written.tensors[i];
    CHECK(read.tensors[i].name == expected.name);
    CHECK(read.tensors[i].shape == expected.shape);
    CHECK(read.tensors[i].is_double == expected.is_double);
    CHECK(read.tensors[i].values == expected.values);
  }
  CHECK(read.metadata.at("note") == written.metadata.at("note"));
  CHECK(read.metadata.at("normrun.format") == "1");
  CHECK(read.find("empty") != nullptr);
  CHECK(read.find("nothing") == nullptr);
  CHECK(files::format_safetensors(read) == files::format_safetensors(example()));
}

TEST_CASE("the data start on a multiple of eight bytes") {
  const std::string bytes = files::format_safetensors(example());
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  CHECK(length % 8 == 0);
  CHECK(bytes[8] == '{');
}

TEST_CASE("every truncation, every appended byte and every flipped bit is refused") {
  const std::string bytes = files::format_safetensors(example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK(is_refused(bytes.substr(0, size)));
  }
  CHECK(is_refused(bytes + '\0'));
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    CAPTURE(bit);
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    CHECK(is_refused(flipped));
  }
}

TEST_CASE("bytes from a random stream, in whole or written over a good file, never do more than throw") {
  const std::string bytes = files::format_safetensors(example());
  RandomStream stream(1, Purpose::kData);
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = bytes;
    const std::uint64_t count = 1 + stream.below(20);
    for (std::uint64_t i = 0; i < count; ++i) damaged[stream.below(damaged.size())] = static_cast<char>(stream.below(256));
    if (damaged != bytes) CHECK(is_refused(damaged));
    std::string noise(stream.below(64), '\0');
    for (char& c : noise) c = static_cast<char>(stream.below(256));
    CHECK(is_refused(assemble(noise, "")));
  }
}

TEST_CASE("foreign files without checksums are read, their other types converted") {
  const files::TensorFile read = files::parse_safetensors(foreign_file(), "file");
  REQUIRE(read.tensors.size() == 4);
  CHECK(read.tensors[0].name == "a");
  CHECK(read.find("a")->values == std::vector<double>{-7});
  CHECK(read.find("b")->values == std::vector<double>{5});
  CHECK(read.find("h")->values == std::vector<double>{1.0, -0x1p-24});
  CHECK(read.find("z")->values == std::vector<double>{1.5});
}

TEST_CASE("a flipped bit in a foreign file changes a number or a name, or is refused: nothing else") {
  const std::string bytes = foreign_file();
  int refused = 0;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    if (is_refused(flipped)) ++refused;
  }
  CHECK(refused > 500);
}

TEST_CASE("headers that lie are refused before anything is allocated") {
  const auto entry = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return problem_of(
        assemble(R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}", "12345678"));
  };
  CHECK(entry("F64", "[1]", "[0,8]").empty());
  CHECK(entry("F64", "[1]", "[0,16]").find("outside the file") != std::string::npos);
  CHECK(entry("F64", "[1]", "[8,0]").find("outside the file") != std::string::npos);
  CHECK(entry("F64", "[2]", "[0,8]").find("differ in size") != std::string::npos);
  CHECK(entry("F64", "[4611686018427387904,4611686018427387904]", "[0,8]").find("larger than the file") != std::string::npos);
  CHECK(entry("F32", "[1]", "[0,4]").find("longer or shorter") != std::string::npos);
  CHECK(entry("F32", "[1]", "[4,8]").find("gap") != std::string::npos);
  CHECK(entry("F64", "[-1]", "[0,8]").find("not a whole number") != std::string::npos);
  CHECK(entry("F64", "[1.0]", "[0,8]").find("not a whole number") != std::string::npos);
  CHECK(entry("F64", "[1]", "[0]").find("missing") != std::string::npos);
  CHECK(entry("C64", "[1]", "[0,8]").find("dtype C64") != std::string::npos);
  CHECK(problem_of(assemble(R"({"a":1,"a":2})", "")).find("twice") != std::string::npos);
  CHECK(problem_of(assemble(R"({"a":[[[[[[1]]]]]]})", "")).find("nested too deeply") != std::string::npos);
  CHECK(problem_of(assemble("[]", "")).find("not a JSON object") != std::string::npos);
  CHECK(problem_of(assemble(R"({"a": 1e9999})", "")).find("too large") != std::string::npos);
  CHECK(problem_of(assemble(R"({"a":)", "")).find("byte 13") != std::string::npos);
  CHECK(problem_of(std::string(8, '\xFF') + "{}").find("the file ends within the header") != std::string::npos);
}

TEST_CASE("a missing file is a wrong usage, not a damaged file") {
  try {
    files::read_safetensors("/nonexistent/normrun.safetensors");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::kUsage);
  }
}

}  // namespace normrun::test
