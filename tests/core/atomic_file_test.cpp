#include "core/atomic_file.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/error.hpp"

using namespace normrun;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kNoLimit = std::size_t{1} << 30;

struct TemporaryDirectory {
  std::string path;
  TemporaryDirectory() {
    std::string pattern = (fs::temp_directory_path() / "normrun-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~TemporaryDirectory() { fs::remove_all(path); }
  std::string file(const std::string& name) const { return path + "/" + name; }
  std::size_t entries() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator())); }
};

template <class Call>
ExitCode code_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(!error.problems().front().where.empty());
    CHECK(!error.problems().front().what.empty());
    return error.code();
  }
  return ExitCode::kDone;
}

}  // namespace

TEST_CASE("a file is replaced as a whole at commit") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("table.csv");
  write_file(path, "old");
  {
    AtomicFile file(path);
    file.write("new ");
    CHECK(read_file(path, kNoLimit) == "old");
    file.write("contents");
    file.commit();
  }
  CHECK(read_file(path, kNoLimit) == "new contents");
  CHECK(directory.entries() == 1);
}

TEST_CASE("without commit the old file stays and nothing is left behind") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("table.csv");
  write_file(path, "old");
  {
    AtomicFile file(path);
    file.write(std::string(1'000'000, 'x'));
  }
  CHECK(read_file(path, kNoLimit) == "old");
  CHECK(directory.entries() == 1);
}

TEST_CASE("large contents and every byte survive") {
  const TemporaryDirectory directory;
  std::string bytes;
  for (int i = 0; i < 3'000'000; ++i) bytes += static_cast<char>(i * 7 % 256);
  const std::string path = directory.file("bytes");
  write_file(path, bytes);
  CHECK(read_file(path, kNoLimit) == bytes);
  write_file(path, "");
  CHECK(read_file(path, kNoLimit).empty());
}

TEST_CASE("two writers of one path do not meet") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("table.csv");
  AtomicFile first(path);
  AtomicFile second(path);
  first.write("first");
  second.write("second");
  first.commit();
  second.commit();
  CHECK(read_file(path, kNoLimit) == "second");
}

TEST_CASE("a new file gets the permissions that the umask leaves") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("table.csv");
  const mode_t before = ::umask(022);
  write_file(path, "x");
  ::umask(before);
  CHECK(fs::status(path).permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read | fs::perms::others_read));
}

TEST_CASE("errors have their exit code, the path and the reason") {
  const TemporaryDirectory directory;
  CHECK(code_of([&] { write_file(directory.file("missing/table.csv"), "x"); }) == ExitCode::kCannotCreate);
  CHECK(code_of([&] { write_file(directory.path, "x"); }) == ExitCode::kCannotCreate);  // a directory is there
  CHECK(code_of([&] { read_file(directory.file("missing"), kNoLimit); }) == ExitCode::kUsage);
  CHECK(code_of([&] { read_file(directory.path, kNoLimit); }) == ExitCode::kUsage);
  write_file(directory.file("four"), "1234");
  CHECK(code_of([&] { read_file(directory.file("four"), 3); }) == ExitCode::kUsage);
  CHECK(read_file(directory.file("four"), 4) == "1234");
  try {
    read_file(directory.file("missing"), kNoLimit);
  } catch (const Error& error) {
    CHECK(error.problems().front().where == directory.file("missing"));
    CHECK(error.problems().front().what == "cannot read: No such file or directory");
  }
}

TEST_CASE("a full disk is a write error and the old file stays") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("table.csv");
  write_file(path, "old");
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit = before;
  limit.rlim_cur = 100'000;  // write() then writes less than asked for, and at last fails
  ::setrlimit(RLIMIT_FSIZE, &limit);
  CHECK(code_of([&] { write_file(path, std::string(1'000'000, 'x')); }) == ExitCode::kWriteFailed);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(read_file(path, kNoLimit) == "old");
  CHECK(directory.entries() == 1);
}
