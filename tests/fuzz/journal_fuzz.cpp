#include <cstring>

#include "files/checksum.hpp"
#include "fuzz/fuzz_rig.hpp"
#include "sweep/journal_format.hpp"

using namespace normrun;

namespace {

/// A whole frame around any payload: the checksums keep random bytes from getting that far.
std::string framed(std::string_view payload) {
  const std::uint32_t magic = 0x314a526e;
  const std::uint32_t payload_crc = files::crc32c(payload.data(), payload.size());
  const std::uint64_t length = payload.size();
  std::string bytes(20, '\0');
  std::memcpy(bytes.data(), &magic, 4);
  std::memcpy(bytes.data() + 4, &payload_crc, 4);
  std::memcpy(bytes.data() + 8, &length, 8);
  const std::uint32_t header_crc = files::crc32c(bytes.data(), 16);
  std::memcpy(bytes.data() + 16, &header_crc, 4);
  return bytes.append(payload);
}

void scan(std::string_view bytes) {
  const std::string& path = test::file_of(bytes);
  test::expect_result_or_error([&] {
    const sweep::JournalFile file(path);
    const auto take_record = [&](std::uint64_t offset, const tables::RunRecord& record) {
      if (file.record_at(offset).lines != record.lines) std::abort();
    };
    if (file.scan({[](const sweep::JournalPlan&) {}, take_record}) > bytes.size()) std::abort();
  });
}

}  // namespace

/// The bytes as a journal, as the one payload of a journal, and as the second.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = test::text_of(data, size);
  scan(bytes);
  scan(framed(bytes));
  scan(sweep::plan_frame({}) + framed(bytes));
  return 0;
}
