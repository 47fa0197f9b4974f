// ZIP (PKWARE's APPNOTE.TXT) begins with the members, each a header and its bytes.  The central directory follows, with a header for each
// member.  The end record says where the directory begins.  NumPy stores members (method 0) or deflates them (method 8).
#include "files/npz_file.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <new>

#include "core/error.hpp"
#include "core/nearest_word.hpp"

namespace normrun::files {
namespace {

constexpr std::uint64_t kMostMembers = 65536;
constexpr std::uint64_t kMostGain = 1032;  // the most bytes that one deflated byte can expand to

[[noreturn]] void refuse_archive(const std::string& file, const std::string& what) {
  throw Error(ExitCode::kDamaged, {file, what, "write the archive again with numpy.savez"});
}

struct Member {
  std::string name;
  std::uint64_t method = 0;
  std::uint64_t crc = 0;
  std::uint64_t packed = 0;
  std::uint64_t size = 0;
  std::uint64_t header = 0;  // where the member's own header begins
};

/// Reads ranges of bytes from an archive, and never outside of it.
class Archive {
 public:
  explicit Archive(const std::string& file) : file_(file), stream_(file, std::ios::binary) {
    std::error_code error;
    if (std::filesystem::is_directory(file, error) || !stream_) {
      throw Error(ExitCode::kUsage, {file, "no such file", "check the path; those in a config are relative to its folder"});
    }
    size_ = static_cast<std::uint64_t>(std::filesystem::file_size(file));
    read_directory();
  }
  const std::vector<Member>& members() const { return members_; }

  std::vector<unsigned char> contents(const Member& member) {
    const std::vector<unsigned char> header = piece(member.header, 30);
    if (number(header, 0, 4) != 0x04034b50) refuse_archive(file_, "member \"" + member.name + "\" does not begin where the directory says");
    const std::uint64_t begin = member.header + 30 + number(header, 26, 2) + number(header, 28, 2);
    if (member.method != 0 && member.method != 8)
      refuse_archive(file_, "member \"" + member.name + "\" is compressed by a method that NumPy does not use");
    if (member.method == 0 && member.packed != member.size)
      refuse_archive(file_, "member \"" + member.name + "\" is not compressed, but has two sizes");
    if (member.size / kMostGain > member.packed) refuse_archive(file_, "member \"" + member.name + "\" claims more bytes than it can hold");
    std::vector<unsigned char> bytes = piece(begin, member.packed);
    if (member.method == 8) bytes = inflated(bytes, member);
    uLong crc = crc32(0, nullptr, 0);
    for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
      crc = crc32(crc, bytes.data() + at, static_cast<uInt>(std::min(kPiece, bytes.size() - at)));
    }
    if (crc != member.crc) refuse_archive(file_, "the checksum of member \"" + member.name + "\" is wrong");
    return bytes;
  }

 private:
  static constexpr std::size_t kPiece = std::size_t{1} << 30;

  static std::uint64_t number(const std::vector<unsigned char>& bytes, std::size_t at, std::size_t count) {
    if (at + count > bytes.size()) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value |= std::uint64_t{bytes[at + i]} << (8 * i);
    return value;
  }

  std::vector<unsigned char> piece(std::uint64_t begin, std::uint64_t count) {
    if (begin > size_ || count > size_ - begin) refuse_archive(file_, "the archive is cut off, or its directory is damaged");
    std::vector<unsigned char> bytes(static_cast<std::size_t>(count));
    stream_.clear();
    stream_.seekg(static_cast<std::streamoff>(begin));
    stream_.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(count));
    if (static_cast<std::uint64_t>(stream_.gcount()) != count) refuse_archive(file_, "the archive cannot be read");
    return bytes;
  }

  void read_directory() {
    constexpr std::uint64_t kEndBytes = 22;
    const std::uint64_t most = std::min<std::uint64_t>(size_, kEndBytes + 65535);
    const std::vector<unsigned char> tail = piece(size_ - most, most);
    std::size_t end = tail.size() >= kEndBytes ? tail.size() - kEndBytes + 1 : 0;
    while (end > 0 && number(tail, end - 1, 4) != 0x06054b50) --end;
    if (end == 0) refuse_archive(file_, "this is no NPZ archive, or it is cut off");
    --end;
    const std::uint64_t count = number(tail, end + 10, 2);
    const std::uint64_t bytes = number(tail, end + 12, 4);
    const std::uint64_t begin = number(tail, end + 16, 4);
    if (begin == 0xFFFFFFFF || count > kMostMembers) refuse_archive(file_, "archives of 4 GB or more are not supported");
    const std::vector<unsigned char> directory = piece(begin, bytes);
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < count; ++i) at = read_entry(directory, at);
  }

  std::size_t read_entry(const std::vector<unsigned char>& directory, std::size_t at) {
    if (at + 46 > directory.size() || number(directory, at, 4) != 0x02014b50) refuse_archive(file_, "the archive's directory is damaged");
    Member member;
    member.method = number(directory, at + 10, 2);
    member.crc = number(directory, at + 16, 4);
    member.packed = number(directory, at + 20, 4);
    member.size = number(directory, at + 24, 4);
    const auto name_bytes = static_cast<std::size_t>(number(directory, at + 28, 2));
    const auto extra_bytes = static_cast<std::size_t>(number(directory, at + 30, 2));
    const auto comment_bytes = static_cast<std::size_t>(number(directory, at + 32, 2));
    member.header = number(directory, at + 42, 4);
    const std::size_t next = at + 46 + name_bytes + extra_bytes + comment_bytes;
    if (next > directory.size()) refuse_archive(file_, "the archive's directory is damaged");
    member.name.assign(directory.begin() + static_cast<std::ptrdiff_t>(at + 46),
                       directory.begin() + static_cast<std::ptrdiff_t>(at + 46 + name_bytes));
    if (member.name.ends_with(".npy")) members_.push_back(std::move(member));
    return next;
  }

  std::vector<unsigned char> inflated(const std::vector<unsigned char>& packed, const Member& member) const {
    std::vector<unsigned char> bytes(static_cast<std::size_t>(member.size));
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
    std::size_t in = 0;
    std::size_t out = 0;
    int code = Z_OK;
    unsigned char past_end = 0;
    while (code == Z_OK) {
      const std::size_t in_now = std::min(kPiece, packed.size() - in);
      const std::size_t out_now = std::min(kPiece, bytes.size() - out);
      stream.next_in = const_cast<unsigned char*>(packed.data() + in);
      stream.avail_in = static_cast<uInt>(in_now);
      stream.next_out = out_now > 0 ? bytes.data() + out : &past_end;
      stream.avail_out = out_now > 0 ? static_cast<uInt>(out_now) : 1;
      code = inflate(&stream, Z_NO_FLUSH);
      const std::size_t got = (out_now > 0 ? out_now : 1) - stream.avail_out;
      in += in_now - stream.avail_in;
      out += got;
      if (out > bytes.size() || (got == 0 && in_now == stream.avail_in)) break;
    }
    inflateEnd(&stream);
    if (code != Z_STREAM_END || out != bytes.size()) refuse_archive(file_, "member \"" + member.name + "\" is damaged");
    return bytes;
  }

  std::string file_;
  std::ifstream stream_;
  std::uint64_t size_ = 0;
  std::vector<Member> members_;
};

std::string short_name(const std::string& name) { return name.ends_with(".npy") ? name.substr(0, name.size() - 4) : name; }

std::vector<std::string> short_names(const Archive& archive) {
  std::vector<std::string> names;
  for (const Member& member : archive.members()) names.push_back(short_name(member.name));
  return names;
}

}  // namespace

NpzPath npz_path(const std::string& path) {
  if (path.ends_with(".npz")) return {path, ""};
  const std::size_t end = path.rfind(".npz:");
  if (end == std::string::npos) return {};
  return {path.substr(0, end + 4), path.substr(end + 5)};
}

std::vector<std::string> npz_members(const std::string& file) { return short_names(Archive(file)); }

std::vector<unsigned char> npz_member(const NpzPath& path) {
  Archive archive(path.file);
  const std::vector<std::string> names = short_names(archive);
  std::string list;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 8); ++i) list += (i > 0 ? ", " : "") + names[i];
  if (path.member.empty() && names.size() != 1) {
    throw Error(ExitCode::kUsage, {path.file, "the archive holds " + std::to_string(names.size()) + " arrays: " + list,
                                   "name one of them after a colon: \"" + path.file + ":" + (names.empty() ? "X" : names[0]) + '"'});
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (path.member.empty() || names[i] == short_name(path.member)) return archive.contents(archive.members()[i]);
  }
  const std::string near = nearest_word(path.member, {names.begin(), names.end()});
  throw Error(ExitCode::kUsage, {path.file, "the archive has no array \"" + path.member + "\", but " + list,
                                 near.empty() ? "" : "did you mean \"" + near + "\"?"});
}

}  // namespace normrun::files
