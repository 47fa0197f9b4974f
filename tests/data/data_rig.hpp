#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "data/registry.hpp"

namespace normrun::test {

/// The data spec that a config's "data" object makes.  Throws Error(kUsage) as a config would.
std::shared_ptr<data::DataSpec> data_spec(const std::string& json);
/// The same of a whole config {"data": …}, and the config of a spec with every option.
std::shared_ptr<data::DataSpec> data_of(const std::string& config);
std::string resolved_config(std::shared_ptr<data::DataSpec> spec);
/// The rows of a "data" object.
template <class T>
data::Dataset<T> load(const std::string& json, std::uint64_t seed = 0, const std::string& folder = "") {
  return data_spec(json)->load<T>(seed, folder);
}

/// The rows of a CSV text, nothing held out; `options`: further keys of the "data" object, R"(, "key": value)".
data::Dataset<double> rows_of(const std::string& text, const std::string& options = "");
std::vector<double> numbers(const Matrix<double>& matrix);

/// The error that `action` throws; fails the test where it throws none.
Error error_of(const std::function<void()>& action);
/// Checks the code and that every word is in the error's lines.
void check_refused(const std::function<void()>& action, ExitCode code, const std::vector<std::string>& words);

/// A folder of its own for one test, gone afterwards.
class DataFolder {
 public:
  DataFolder();
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string write(const std::string& name, const std::string& bytes) const;  // gives its path
  std::string write_gzip(const std::string& name, const std::string& bytes) const;

 private:
  std::string path_;
};

/// Contents of files.
std::string idx_bytes(unsigned char type, const std::vector<std::uint32_t>& dims, const std::string& numbers);
std::string npy_bytes(const std::string& header, const std::string& numbers, unsigned char version = 1);
std::string npy_header(const std::string& type, const std::string& shape);
template <class N>
std::string little_endian(const std::vector<N>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(N)};
}
template <class N>
std::string big_endian(const std::vector<N>& numbers) {
  std::string bytes;
  for (const N& number : numbers) {
    const std::string one = little_endian(std::vector<N>{number});
    bytes.append(one.rbegin(), one.rend());
  }
  return bytes;
}
std::string gzip(const std::string& bytes);

/// Where the fixtures of data/ and the real data beside the project are; "" and a message where the latter are absent.
std::string fixture_folder();
std::string real_data_folder(const std::string& name);

}  // namespace normrun::test
