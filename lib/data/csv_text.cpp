#include "data/csv_text.hpp"

#include <algorithm>
#include <utility>

#include "config/json/words.hpp"
#include "core/error.hpp"
#include "files/foreign_format.hpp"

namespace normrun::data {
namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kLittleMark = "\xFF\xFE";
constexpr std::string_view kBigMark = "\xFE\xFF";
constexpr Index kSignatureBytes = 4096;

void append_character(std::uint32_t character, std::string& text) {
  const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (character < 0x80) return put(character);
  if (character < 0x800) {
    put(0xC0 | (character >> 6));
  } else if (character < 0x10000) {
    put(0xE0 | (character >> 12));
    put(0x80 | ((character >> 6) & 0x3F));
  } else {
    put(0xF0 | (character >> 18));
    put(0x80 | ((character >> 12) & 0x3F));
    put(0x80 | ((character >> 6) & 0x3F));
  }
  put(0x80 | (character & 0x3F));
}

/// Returns whether every other byte is zero.  This is so in UTF-16 text whose characters are mostly ASCII.
bool looks_like_utf16(std::string_view bytes, std::size_t zeros_at) {
  if (bytes.size() < 8) return false;
  std::size_t zeros = 0;
  for (std::size_t i = zeros_at; i < bytes.size(); i += 2) zeros += bytes[i] == '\0' ? 1 : 0;
  std::size_t others = 0;
  for (std::size_t i = 1 - zeros_at; i < bytes.size(); i += 2) others += bytes[i] == '\0' ? 1 : 0;
  return 10 * zeros > 9 * (bytes.size() / 2) && others == 0;
}

}  // namespace

CsvText::CsvText(const std::string& path, CsvEncoding encoding) : file_(path), start_(file_.read_piece(kSignatureBytes)) {
  const std::string start = start_;
  const bool may_be_utf16 = encoding == CsvEncoding::kAuto || encoding == CsvEncoding::kUtf16;
  if (may_be_utf16 && start.starts_with(kLittleMark)) {
    code_ = Code::kUtf16Little;
    start_.erase(0, kLittleMark.size());
  } else if (may_be_utf16 && start.starts_with(kBigMark)) {
    code_ = Code::kUtf16Big;
    start_.erase(0, kBigMark.size());
  } else if (may_be_utf16 && looks_like_utf16(start, 0)) {
    code_ = Code::kUtf16Big;
  } else if (encoding == CsvEncoding::kUtf16 || (may_be_utf16 && looks_like_utf16(start, 1))) {
    code_ = Code::kUtf16Little;
  } else if (start.starts_with(kUtf8Mark)) {
    start_.erase(0, kUtf8Mark.size());
  } else if (encoding == CsvEncoding::kLatin1) {
    code_ = Code::kLatin1;
  }
  const bool is_plain = code_ == Code::kUtf16Little && encoding == CsvEncoding::kUtf16 && start.size() >= 8 && start == start_ &&
                        start.find('\0') == std::string_view::npos;
  if (is_plain) throw Error(ExitCode::kDamaged, {path, "is no UTF-16 text: it has no zero bytes", "leave \"encoding\" out"});
  if (code_ == Code::kBytes) files::refuse_foreign(path, start_);
}

bool CsvText::read_more(std::string& text) {
  const std::string bytes = start_.empty() ? file_.read_piece(Index{1} << 20) : std::exchange(start_, {});
  if (bytes.empty()) {
    if (!odd_.empty()) file_.damaged(file_.position(), "the UTF-16 text ends amid a character", "the file is cut off: copy it again");
    return false;
  }
  switch (code_) {
    case Code::kBytes:
      text += bytes;
      break;
    case Code::kLatin1:
      text += latin1_to_utf8(bytes);
      break;
    case Code::kUtf16Little:
    case Code::kUtf16Big:
      append_utf16(bytes, text);
      break;
  }
  return true;
}

void CsvText::append_utf16(std::string_view bytes, std::string& text) {
  odd_ += bytes;
  const auto unit = [this](std::size_t at) {
    const auto first = static_cast<std::uint32_t>(static_cast<unsigned char>(odd_[at]));
    const auto second = static_cast<std::uint32_t>(static_cast<unsigned char>(odd_[at + 1]));
    return code_ == Code::kUtf16Little ? first | (second << 8) : (first << 8) | second;
  };
  std::size_t at = 0;
  while (at + 2 <= odd_.size()) {
    std::uint32_t character = unit(at);
    const bool is_high = character >= 0xD800 && character < 0xDC00;
    if (is_high && at + 4 > odd_.size()) break;
    const bool is_pair = is_high && unit(at + 2) >= 0xDC00 && unit(at + 2) < 0xE000;
    if (is_pair) {
      character = 0x10000 + ((character - 0xD800) << 10) + (unit(at + 2) - 0xDC00);
      at += 2;
    } else if (character >= 0xD800 && character < 0xE000) {
      character = 0xFFFD;  // the unit is half of a surrogate pair: use the replacement character
    }
    append_character(character, text);
    at += 2;
  }
  odd_.erase(0, at);
}

std::string latin1_to_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char byte : bytes) append_character(static_cast<unsigned char>(byte), text);
  return text;
}

std::string cell_text(std::string_view bytes, bool& is_latin1) {
  const bool is_ascii = std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (is_ascii || config::find_invalid_byte(bytes) == std::string_view::npos) return std::string(bytes);
  is_latin1 = true;
  return latin1_to_utf8(bytes);
}

}  // namespace normrun::data
