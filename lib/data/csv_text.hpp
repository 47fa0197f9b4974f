#pragma once

#include <string>
#include <string_view>

#include "data/csv_options.hpp"
#include "files/input_file.hpp"

namespace normrun::data {

/// Reads a CSV file as UTF-8, one block at a time, because a table may be larger than memory.  Without a byte order mark, and unless the
/// options give an encoding, bytes pass unchanged; cell_text() then converts those that are not UTF-8.
class CsvText {
 public:
  /// Throws Error(kUsage) where the file does not exist, and Error(kDamaged) where it has another format.
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
  std::string odd_;    // bytes of UTF-16 that wait for the rest of their character
};

/// Converts Latin-1 to UTF-8.
std::string latin1_to_utf8(std::string_view bytes);
/// Returns a name or a word unchanged where it is UTF-8.  Otherwise it is read as Latin-1, and `is_latin1` becomes true.
std::string cell_text(std::string_view bytes, bool& is_latin1);

}  // namespace normrun::data
