#include "files/checksum.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace normrun;

TEST_CASE("crc32c: known answers") {
  CHECK(files::crc32c("123456789", 9) == 0xE3069283);  // the check value of CRC-32C's catalogue entry
  CHECK(files::crc32c("", 0) == 0);
  const std::string zeros(32, '\0');  // RFC 3720, appendix B.4
  CHECK(files::crc32c(zeros.data(), zeros.size()) == 0x8A9136AA);
  const std::string ones(32, '\xff');
  CHECK(files::crc32c(ones.data(), ones.size()) == 0x62A8AB43);
}

TEST_CASE("crc32c goes on from an earlier call, wherever the text is cut") {
  const std::string text = "The quick brown fox jumps over the lazy dog, again and again.";
  const std::uint32_t whole = files::crc32c(text.data(), text.size());
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    CHECK(files::crc32c(text.data() + cut, text.size() - cut, files::crc32c(text.data(), cut)) == whole);
  }
}

TEST_CASE("crc32c sees every flipped bit") {
  std::string text = "0123456789abcdef0123";
  const std::uint32_t before = files::crc32c(text.data(), text.size());
  for (char& byte : text) {
    for (int bit = 0; bit < 8; ++bit) {
      byte = static_cast<char>(byte ^ (1 << bit));
      CHECK(files::crc32c(text.data(), text.size()) != before);
      byte = static_cast<char>(byte ^ (1 << bit));
    }
  }
}

TEST_CASE("a digest tells contents and their boundaries apart") {
  files::Digest first;
  first.add("ab");
  first.add("c");
  files::Digest second;
  second.add("a");
  second.add("bc");
  CHECK(first.hex() != second.hex());
  CHECK(first.hex().size() == 32);
  CHECK(files::digest_of("abc") == files::digest_of("abc"));
  CHECK(files::digest_of("abc") != files::digest_of("abd"));
}

TEST_CASE("a digest is XXH3-128, high half first") {
  CHECK(files::Digest().hex() == "99aa06d3014798d86001c324468d497f");  // of nothing, as the specification gives it
  files::Digest digest;
  digest.add("normrun", std::size_t{7});
  files::Digest in_parts;
  in_parts.add("norm", std::size_t{4});
  in_parts.add("run", std::size_t{3});
  CHECK(digest.hex() == in_parts.hex());
}
