#pragma once

#include <string>
#include <string_view>

#include "data/csv_options.hpp"
#include "files/input_file.hpp"

namespace normrun::data {

/// Reads a CSV file as UTF-8, one block at a time, because a table may be larger than memory.  If the file has no byte order mark and the
/// options give no encoding, bytes pass unchanged, and cell_text() later converts those that are not UTF-8.
class CsvText {
 public:
  /// Throws Error(kUsage) if the file does not exist, and Error(kDamaged) if it has another format.
  CsvText(const std::string& path, CsvEncoding encoding);

  const std::string& path() const { return file_.path(); }
  /// Appends a block to `text`; returns false at the end of the file.
  bool read_more(std::string& text);

 private:
  enum class Code { kBytes, kLatin1, kUtf16Little, kUtf16Big };
  void append_utf16(std::string_view bytes, std::string& text);

  files::InputFile file_;
  Code code_ = Code::kBytes;
  std::string start_;  // bytes that were read to recognize the format
  std::string odd_;    // UTF-16 bytes at the end of a block whose character is not yet complete
};

/// Converts Latin-1 to UTF-8.
std::string latin1_to_utf8(std::string_view bytes);
/// Returns a name or a word unchanged if it is UTF-8.  Otherwise reads it as Latin-1 and sets `is_latin1` to true.
std::string cell_text(std::string_view bytes, bool& is_latin1);

}  // namespace normrun::data
