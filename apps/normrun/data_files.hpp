#pragma once

#include <string>

namespace normrun::app {

/// What a file is, by its first bytes.
enum class DataFileKind { kTable, kNpy, kNpz, kIdx, kSafetensors };

/// Throws Error: kUsage where there is no such file, kDamaged where it is of a format that is not read.
DataFileKind kind_of_file(const std::string& path);

}  // namespace normrun::app
