#include "data_rig.hpp"

#include <doctest/doctest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "config/options/document.hpp"

namespace normrun::test {
namespace {

struct DataHolder : config::Described {
  std::shared_ptr<config::Described> data;
  void describe(config::OptionVisitor& visitor) override { visitor.tagged({"data", ""}, data, data::data_family()); }
};

}  // namespace

std::shared_ptr<data::DataSpec> data_of(const std::string& config) {
  DataHolder holder;
  std::vector<Problem> problems;
  config::Document::parse(config, "config.json").read("", holder, problems);
  if (!problems.empty()) throw Error(ExitCode::kUsage, problems);
  return std::static_pointer_cast<data::DataSpec>(holder.data);
}

std::shared_ptr<data::DataSpec> data_spec(const std::string& json) { return data_of("{\"data\": " + json + "}"); }

std::string resolved_config(std::shared_ptr<data::DataSpec> spec) {
  DataHolder holder;
  holder.data = std::move(spec);
  return config::write_resolved(holder);
}

data::Dataset<double> rows_of(const std::string& text, const std::string& options) {
  const DataFolder folder;
  folder.write("data.csv", text);
  return load<double>(R"({"type": "csv", "path": "data.csv", "test_fraction": 0)" + options + "}", 0, folder.path());
}

std::vector<double> numbers(const Matrix<double>& matrix) { return {matrix.view().begin(), matrix.view().end()}; }

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  return {ExitCode::kDone, Problem{}};
}

void check_refused(const std::function<void()>& action, ExitCode code, const std::vector<std::string>& words) {
  const Error error = error_of(action);
  const std::string text = error.what();
  CAPTURE(text);
  CHECK(static_cast<int>(error.code()) == static_cast<int>(code));
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(text.find(word) != std::string::npos);
  }
}

DataFolder::DataFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "normrun_data_XXXXXX").string();
  path_ = mkdtemp(name.data());
}
DataFolder::~DataFolder() { std::filesystem::remove_all(path_); }

std::string DataFolder::write(const std::string& name, const std::string& bytes) const {
  const std::string path = path_ + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string DataFolder::write_gzip(const std::string& name, const std::string& bytes) const { return write(name, gzip(bytes)); }

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, static_cast<uLong>(bytes.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string idx_bytes(unsigned char type, const std::vector<std::uint32_t>& dims, const std::string& numbers) {
  std::string bytes = {'\0', '\0', static_cast<char>(type), static_cast<char>(dims.size())};
  return bytes + big_endian(dims) + numbers;
}

std::string npy_header(const std::string& type, const std::string& shape) {
  return "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
}

std::string npy_bytes(const std::string& header, const std::string& numbers, unsigned char version) {
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  const auto size = static_cast<std::uint32_t>(header.size());
  bytes += version == 1 ? little_endian(std::vector<std::uint16_t>{static_cast<std::uint16_t>(size)}) : little_endian(std::vector{size});
  return bytes + header + numbers;
}

std::string fixture_folder() { return std::string(NORMRUN_SOURCE_DIR) + "/data"; }

std::string real_data_folder(const std::string& name) {
  const std::string folder = std::string(NORMRUN_SOURCE_DIR) + "/../shared/data/" + name;
  if (std::filesystem::is_directory(folder)) return folder;
  MESSAGE("skipped: no folder " << folder);
  return "";
}

}  // namespace normrun::test
