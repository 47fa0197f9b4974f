#pragma once

#include <string>

namespace normrun::app {

/// The kind of a file, which its first bytes tell.
enum class DataFileKind { kTable, kNpy, kNpz, kIdx, kSafetensors };

/// Looks at the first bytes of a file.  Throws Error(kUsage) if there is no such file, and Error(kDamaged) if its gzip data are damaged.
DataFileKind kind_of_file(const std::string& path);

}  // namespace normrun::app
