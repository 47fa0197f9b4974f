#include "files/input_file.hpp"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <new>
#include <utility>

#include "core/error.hpp"
#include "core/shape.hpp"

namespace normrun::files {
namespace {

constexpr Index kLeastChunk = Index{1} << 12;
constexpr Index kMostChunk = Index{1} << 20;
constexpr Index kMostDeflateGain = 1032;  // at most this many bytes come from one compressed byte (zlib's documentation)

}  // namespace

InputFile::InputFile(std::string path) : path_(std::move(path)) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path_, error);
  if (!std::filesystem::exists(status)) {
    throw Error(ExitCode::kUsage, {path_, kNoSuchFile, "check the path; those in a config are relative to its folder"});
  }
  if (std::filesystem::is_directory(status)) throw Error(ExitCode::kUsage, {path_, "this is a directory", "name a file in it"});
  errno = 0;
  file_ = gzopen(path_.c_str(), "rb");
  if (file_ == nullptr && errno == ENOMEM) throw std::bad_alloc();
  if (file_ == nullptr)
    throw Error(ExitCode::kUsage, {path_, std::string("cannot be read: ") + std::strerror(errno), "check its permissions"});
  const bool is_regular = std::filesystem::is_regular_file(status);
  const Index size = is_regular ? static_cast<Index>(std::filesystem::file_size(path_, error)) : kMostChunk;
  chunk_ = std::clamp(size + 1, kLeastChunk, kMostChunk);
  gzbuffer(file_, static_cast<unsigned>(chunk_ / 4));
  most_bytes_ = std::numeric_limits<Index>::max();
  if (!is_regular) return;
  if (is_plain() || !checked_product(size, kMostDeflateGain, most_bytes_)) most_bytes_ = size;
}

InputFile::InputFile(std::string path, std::vector<unsigned char> contents) : path_(std::move(path)), contents_(std::move(contents)) {
  chunk_ = kMostChunk;
  most_bytes_ = static_cast<Index>(contents_.size());
}

InputFile::~InputFile() {
  if (file_ != nullptr) gzclose(file_);
}

bool InputFile::is_plain() const { return file_ == nullptr || gzdirect(file_) != 0; }

Index InputFile::read_some(unsigned char* out, Index count) {
  if (file_ == nullptr) {
    const Index there = std::min(count, most_bytes_ - position_);
    std::copy_n(contents_.begin() + position_, there, out);
    position_ += there;
    return there;
  }
  const int got = gzread(file_, out, static_cast<unsigned>(count));
  int code = Z_OK;
  const char* message = gzerror(file_, &code);
  if (code == Z_MEM_ERROR) throw std::bad_alloc();
  if (code == Z_ERRNO) throw Error(ExitCode::kDamaged, {path_, std::string("cannot be read: ") + std::strerror(errno), ""});
  if (got > 0) position_ += got;
  if (code == Z_BUF_ERROR) damaged(position_, "the gzip data end too early", "the file is cut off: copy or download it again");
  if (code != Z_OK) damaged(position_, std::string("damaged gzip data (") + message + ")", "copy or download the file again");
  return got;
}

void InputFile::cut_off(Index start, Index count, const std::string& what, const std::string& held) const {
  damaged(start, what + " take " + std::to_string(count) + " bytes, but the file holds " + held,
          "the file is cut off, or its header is damaged");
}

void InputFile::check_claim(Index count, const std::string& what) const {
  if (count <= most_bytes_ - position_) return;
  cut_off(position_, count, what, (is_plain() ? "" : "at most ") + std::to_string(most_bytes_ - position_) + " more");
}

std::vector<unsigned char> InputFile::read_claimed(Index count, const std::string& what) {
  check_claim(count, what);
  const Index start = position_;
  std::vector<unsigned char> bytes;
  while (static_cast<Index>(bytes.size()) < count) {
    const Index have = static_cast<Index>(bytes.size());
    const Index wanted = std::min(count - have, std::max(have, chunk_));
    bytes.resize(static_cast<std::size_t>(have + wanted));
    for (Index done = 0; done < wanted;) {
      const Index got = read_some(bytes.data() + have + done, std::min(wanted - done, chunk_));
      if (got == 0) cut_off(start, count, what, std::to_string(have + done) + " more");
      done += got;
    }
  }
  return bytes;
}

std::string InputFile::read_piece(Index most) {
  std::string bytes(static_cast<std::size_t>(most), '\0');
  Index have = 0;
  while (have < most) {
    const Index got = read_some(reinterpret_cast<unsigned char*>(bytes.data()) + have, std::min(most - have, chunk_));
    if (got == 0) break;
    have += got;
  }
  bytes.resize(static_cast<std::size_t>(have));
  return bytes;
}

void InputFile::require_end() {
  unsigned char byte = 0;
  const Index end = position_;
  if (read_some(&byte, 1) != 0) {
    damaged(end, "the file goes on after all that its header announces", "the header is damaged, or the file is of another kind");
  }
}

void InputFile::damaged(Index byte, const std::string& what, const std::string& hint) const {
  throw Error(ExitCode::kDamaged, {path_ + " byte " + std::to_string(byte), what, hint});
}

std::string resolve_path(const std::string& folder, const std::string& path) { return (std::filesystem::path(folder) / path).string(); }

}  // namespace normrun::files
