#include "sweep/journal_format.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "files/checksum.hpp"

namespace normrun::sweep {
namespace {

static_assert(std::endian::native == std::endian::little, "journals are little-endian");

constexpr std::uint32_t kMagic = 0x314a526e;  // "nRJ1"
constexpr std::size_t kHeaderBytes = 20;
constexpr char kPlanMark = 'P';
constexpr char kRecordMark = 'R';

template <class Number>
void put(std::string& bytes, Number number) {
  char raw[sizeof number];
  std::memcpy(raw, &number, sizeof number);
  bytes.append(raw, sizeof number);
}

void put_text(std::string& bytes, std::string_view text) {
  put<std::uint64_t>(bytes, text.size());
  bytes += text;
}

/// Reads the fields of a payload in turn.  If they do not fit although the checksum is right, another program wrote the payload.
class Payload {
 public:
  Payload(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  template <class Number>
  Number number() {
    Number value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string text() { return std::string(take(number<std::uint64_t>())); }
  void expect_end() const {
    if (!bytes_.empty()) foreign();
  }
  [[noreturn]] void foreign() const {
    throw Error(ExitCode::kDamaged,
                Problem{where_, "this frame is of an unknown kind", "was it written by another version of the program?"});
  }

 private:
  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size()) foreign();
    const std::string_view text = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return text;
  }
  std::string_view bytes_;
  const std::string& where_;
};

std::string frame(const std::string& payload) {
  std::string bytes;
  bytes.reserve(kHeaderBytes + payload.size());
  put(bytes, kMagic);
  put(bytes, files::crc32c(payload.data(), payload.size()));
  put<std::uint64_t>(bytes, payload.size());
  put(bytes, files::crc32c(bytes.data(), bytes.size()));
  return bytes += payload;
}

struct Header {
  std::uint32_t payload_crc;
  std::uint64_t length;
};

std::optional<Header> read_header(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return std::nullopt;
  std::uint32_t magic = 0;
  std::uint32_t crc = 0;
  Header header{};
  std::memcpy(&magic, bytes.data(), 4);
  std::memcpy(&header.payload_crc, bytes.data() + 4, 4);
  std::memcpy(&header.length, bytes.data() + 8, 8);
  std::memcpy(&crc, bytes.data() + 16, 4);
  if (magic != kMagic || crc != files::crc32c(bytes.data(), 16)) return std::nullopt;
  return header;
}

JournalPlan read_plan(Payload& payload) {
  JournalPlan plan;
  plan.program = payload.text();
  plan.table_format = payload.number<std::int32_t>();
  for (std::string* text : {&plan.config, &plan.grid, &plan.shard, &plan.costs}) *text = payload.text();
  payload.expect_end();
  return plan;
}

tables::RunRecord read_record(Payload& payload) {
  tables::RunRecord record;
  record.run = payload.number<std::int64_t>();
  const auto status = payload.number<std::uint8_t>();
  if (status > static_cast<std::uint8_t>(tables::RunStatus::kDiverged)) payload.foreign();
  record.status = static_cast<tables::RunStatus>(status);
  record.keys = payload.text();
  record.data_digest = payload.text();
  if (payload.number<std::uint32_t>() != tables::kTableCount) payload.foreign();
  for (std::string& lines : record.lines) lines = payload.text();
  payload.expect_end();
  return record;
}

constexpr std::uint64_t kScanPiece = std::uint64_t{1} << 18;
constexpr std::uint64_t kRecordPiece = std::uint64_t{1} << 12;

/// Reads the bytes of a file, `piece` or more of them at a time.
class Source {
 public:
  Source(int descriptor, const std::string& path, std::uint64_t piece) : descriptor_(descriptor), path_(path), piece_(piece) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) files::throw_errno(ExitCode::kUsage, path, "read");
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  std::uint64_t size() const { return size_; }

  /// Returns the bytes of [offset, offset + count), or fewer at the end of the file.  They are valid until the next call.
  std::string_view at(std::uint64_t offset, std::uint64_t count) {
    count = offset < size_ ? std::min(count, size_ - offset) : 0;
    if (offset < start_ || offset + count > start_ + buffer_.size()) fill(offset, count);
    return std::string_view(buffer_).substr(offset - start_, count);
  }

 private:
  void fill(std::uint64_t offset, std::uint64_t count) {
    start_ = offset;
    buffer_.resize(std::min(std::max(count, piece_), size_ - std::min(offset, size_)));
    std::size_t got = 0;
    while (got < buffer_.size()) {
      const ssize_t read =
          files::retry([&] { return ::pread(descriptor_, buffer_.data() + got, buffer_.size() - got, static_cast<off_t>(offset + got)); });
      if (read < 0) files::throw_errno(ExitCode::kUsage, path_, "read");
      if (read == 0) break;  // another process has cut the file
      got += static_cast<std::size_t>(read);
    }
    buffer_.resize(got);
    size_ = std::min(size_, got < count ? offset + got : size_);
  }

  int descriptor_;
  const std::string& path_;
  std::uint64_t piece_;
  std::uint64_t size_ = 0;
  std::uint64_t start_ = 0;
  std::string buffer_;
};

std::string place(const std::string& path, std::uint64_t offset) { return path + " byte " + std::to_string(offset); }

/// Returns the payload of the frame at `offset`, or nothing if no whole frame starts there.
std::optional<std::string_view> whole_payload(Source& source, std::uint64_t offset) {
  const std::optional<Header> header = read_header(source.at(offset, kHeaderBytes));
  if (!header || header->length > source.size() - offset - kHeaderBytes) return std::nullopt;
  const std::string_view payload = source.at(offset + kHeaderBytes, header->length);
  if (payload.size() != header->length || files::crc32c(payload.data(), payload.size()) != header->payload_crc) return std::nullopt;
  return payload;
}

/// Returns the offset of the next header after `offset`, or the file's size if there is none.
std::uint64_t next_header(Source& source, std::uint64_t offset) {
  for (++offset; offset + kHeaderBytes <= source.size(); ++offset) {
    if (read_header(source.at(offset, kHeaderBytes))) return offset;
  }
  return source.size();
}

files::Descriptor open_to_read(const std::string& path) {
  files::Descriptor descriptor(files::retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (descriptor.get() < 0) files::throw_errno(ExitCode::kUsage, path, "read");
  return descriptor;
}

}  // namespace

std::string plan_frame(const JournalPlan& plan) {
  std::string payload(1, kPlanMark);
  put_text(payload, plan.program);
  put<std::int32_t>(payload, plan.table_format);
  for (const std::string* text : {&plan.config, &plan.grid, &plan.shard, &plan.costs}) put_text(payload, *text);
  return frame(payload);
}

std::string record_frame(const tables::RunRecord& record) {
  std::string payload(1, kRecordMark);
  put<std::int64_t>(payload, record.run);
  put<std::uint8_t>(payload, static_cast<std::uint8_t>(record.status));
  put_text(payload, record.keys);
  put_text(payload, record.data_digest);
  put<std::uint32_t>(payload, tables::kTableCount);
  for (const std::string& lines : record.lines) put_text(payload, lines);
  return frame(payload);
}

JournalFile::JournalFile(std::string path) : path_(std::move(path)), descriptor_(open_to_read(path_)) {}

std::uint64_t JournalFile::scan(const Visitor& visitor) const {
  Source source(descriptor_.get(), path_, kScanPiece);
  std::uint64_t offset = 0;
  while (const auto bytes = whole_payload(source, offset)) {
    const std::string where = place(path_, offset);
    const std::uint64_t end = offset + kHeaderBytes + bytes->size();
    Payload payload(*bytes, where);
    const char mark = payload.number<char>();
    if (mark == kPlanMark) {
      visitor.plan(read_plan(payload));
    } else if (mark == kRecordMark && offset > 0) {
      visitor.record(offset, read_record(payload));
    } else {
      payload.foreign();
    }
    offset = end;
  }
  if (offset == 0) throw Error(ExitCode::kDamaged, Problem{place(path_, 0), "this is not a journal, or its beginning is damaged", ""});
  if (next_header(source, offset) < source.size()) {
    throw Error(ExitCode::kDamaged,
                Problem{place(path_, offset), "the journal is damaged here, and whole records follow",
                        "restore the file, or cut it here and compute the rest again (truncate --size=" + std::to_string(offset) + ")"});
  }
  return offset;
}

tables::RunRecord JournalFile::record_at(std::uint64_t offset) const {
  Source source(descriptor_.get(), path_, kRecordPiece);
  const std::string where = place(path_, offset);
  const auto bytes = whole_payload(source, offset);
  if (!bytes) throw Error(ExitCode::kDamaged, Problem{where, "the record has changed since the journal was opened", ""});
  Payload payload(*bytes, where);
  if (payload.number<char>() != kRecordMark) payload.foreign();
  return read_record(payload);
}

}  // namespace normrun::sweep
