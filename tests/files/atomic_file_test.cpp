#include "files/atomic_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>

#include "core/error.hpp"
#include "files/descriptor.hpp"

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
  files::write_file(path, "old");
  {
    files::AtomicFile file(path);
    file.write("new ");
    CHECK(files::read_file(path, kNoLimit) == "old");
    file.write("contents");
    file.commit();
  }
  CHECK(files::read_file(path, kNoLimit) == "new contents");
  CHECK(directory.entries() == 1);
}

TEST_CASE("without commit the old file stays and nothing is left behind") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("table.csv");
  files::write_file(path, "old");
  {
    files::AtomicFile file(path);
    file.write(std::string(1'000'000, 'x'));
  }
  CHECK(files::read_file(path, kNoLimit) == "old");
  CHECK(directory.entries() == 1);
}

TEST_CASE("large contents and every byte survive") {
  const TemporaryDirectory directory;
  std::string bytes;
  for (int i = 0; i < 3'000'000; ++i) bytes += static_cast<char>(i * 7 % 256);
  const std::string path = directory.file("bytes");
  files::write_file(path, bytes);
  CHECK(files::read_file(path, kNoLimit) == bytes);
  files::write_file(path, "");
  CHECK(files::read_file(path, kNoLimit).empty());
}

TEST_CASE("two writers of one path do not meet") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("table.csv");
  files::AtomicFile first(path);
  files::AtomicFile second(path);
  first.write("first");
  second.write("second");
  first.commit();
  second.commit();
  CHECK(files::read_file(path, kNoLimit) == "second");
}

TEST_CASE("a new file gets the permissions that the umask leaves") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("table.csv");
  const mode_t before = ::umask(022);
  files::write_file(path, "x");
  ::umask(before);
  CHECK(fs::status(path).permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read | fs::perms::others_read));
}

TEST_CASE("errors have their exit code, the path and the reason") {
  const TemporaryDirectory directory;
  CHECK(code_of([&] { files::write_file(directory.file("missing/table.csv"), "x"); }) == ExitCode::kCannotCreate);
  CHECK(code_of([&] { files::write_file(directory.path, "x"); }) == ExitCode::kCannotCreate);  // a directory is there
  CHECK(code_of([&] { files::read_file(directory.file("missing"), kNoLimit); }) == ExitCode::kUsage);
  CHECK(code_of([&] { files::read_file(directory.path, kNoLimit); }) == ExitCode::kUsage);
  files::write_file(directory.file("four"), "1234");
  CHECK(code_of([&] { files::read_file(directory.file("four"), 3); }) == ExitCode::kUsage);
  CHECK(files::read_file(directory.file("four"), 4) == "1234");
  try {
    files::read_file(directory.file("missing"), kNoLimit);
  } catch (const Error& error) {
    CHECK(error.problems().front().where == directory.file("missing"));
    CHECK(error.problems().front().what == "cannot read: No such file or directory");
  }
}

TEST_CASE("a full disk is a write error and the old file stays") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("table.csv");
  files::write_file(path, "old");
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit = before;
  limit.rlim_cur = 100'000;  // write() then writes less than asked for, and at last fails
  ::setrlimit(RLIMIT_FSIZE, &limit);
  CHECK(code_of([&] { files::write_file(path, std::string(1'000'000, 'x')); }) == ExitCode::kWriteFailed);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(files::read_file(path, kNoLimit) == "old");
  CHECK(directory.entries() == 1);
}

TEST_CASE("a symbolic link stays, and the file behind it is replaced") {
  const TemporaryDirectory directory;
  fs::create_directory(directory.file("elsewhere"));
  files::write_file(directory.file("elsewhere/page.html"), "old");
  fs::create_symlink("elsewhere/page.html", directory.file("near"));
  fs::create_symlink(directory.file("near"), directory.file("far"));
  {
    files::AtomicFile file(directory.file("far"));
    file.write("new");
    CHECK(files::read_file(directory.file("elsewhere/page.html"), kNoLimit) == "old");
    file.commit();
  }
  CHECK(files::read_file(directory.file("elsewhere/page.html"), kNoLimit) == "new");
  CHECK(fs::is_symlink(directory.file("far")));
  CHECK(fs::is_symlink(directory.file("near")));
  CHECK(directory.entries() == 3);
}

TEST_CASE("a symbolic link to a file that is not there yet makes it") {
  const TemporaryDirectory directory;
  fs::create_symlink("page.html", directory.file("link"));
  files::write_file(directory.file("link"), "new");
  CHECK(fs::is_symlink(directory.file("link")));
  CHECK(fs::is_regular_file(fs::symlink_status(directory.file("page.html"))));
  CHECK(files::read_file(directory.file("page.html"), kNoLimit) == "new");
}

TEST_CASE("links that lead nowhere or to a folder are refused and stay") {
  const TemporaryDirectory directory;
  fs::create_symlink("b", directory.file("a"));
  fs::create_symlink("a", directory.file("b"));
  fs::create_symlink("missing/page.html", directory.file("c"));
  fs::create_directory(directory.file("folder"));
  fs::create_symlink("folder", directory.file("d"));
  for (const char* name : {"a", "c", "d"}) {
    CAPTURE(name);
    CHECK(code_of([&] { files::write_file(directory.file(name), "x"); }) == ExitCode::kCannotCreate);
    CHECK(fs::is_symlink(directory.file(name)));
  }
  CHECK(directory.entries() == 5);
}

TEST_CASE("a FIFO is written to and stays") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("fifo");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  fs::create_symlink("fifo", directory.file("link"));
  const std::string bytes(1'000'000, 'x');  // more than a pipe holds
  for (const std::string& given : {path, directory.file("link")}) {
    // Both ends, so that nobody waits for the other should the FIFO be no more.
    const files::Descriptor keeper(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    auto writer = std::async(std::launch::async, [&] { files::write_file(given, bytes); });
    std::string read(bytes.size(), ' ');
    pollfd readable{.fd = keeper.get(), .events = POLLIN, .revents = 0};
    for (std::size_t got = 0; got < read.size() && ::poll(&readable, 1, 10'000) == 1;) {
      const ssize_t more = ::read(keeper.get(), read.data() + got, read.size() - got);
      REQUIRE(more > 0);
      got += static_cast<std::size_t>(more);
    }
    writer.get();
    REQUIRE(fs::is_fifo(path));
    CHECK(read == bytes);
    CHECK(directory.entries() == 2);
  }
}

TEST_CASE("a character device is written to and stays") {
  const files::Descriptor terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  char path[64] = "";
  if (terminal.get() < 0 || ::grantpt(terminal.get()) != 0 || ::unlockpt(terminal.get()) != 0 ||
      ::ptsname_r(terminal.get(), path, sizeof path) != 0) {
    MESSAGE("no pseudo-terminals here");
    return;
  }
  const TemporaryDirectory directory;
  fs::create_symlink(path, directory.file("link"));  // which alone is lost where this goes wrong
  files::write_file(directory.file("link"), "page");
  char read[16] = "";
  CHECK(::read(terminal.get(), read, sizeof read) == 4);
  CHECK(std::string(read) == "page");
  CHECK(fs::is_character_file(directory.file("link")));
  CHECK(fs::is_symlink(directory.file("link")));
}

TEST_CASE("a link of /proc to a file that has lost its name leads to it all the same") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("nameless");
  const files::Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(::unlink(path.c_str()) == 0);
  files::write_file("/proc/self/fd/" + std::to_string(file.get()), "page");
  char read[16] = "";
  CHECK(::read(file.get(), read, sizeof read) == 4);
  CHECK(std::string(read) == "page");
  CHECK(directory.entries() == 0);
}
