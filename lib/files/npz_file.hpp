#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace normrun::files {

/// What a path such as "file.npz:X" stands for: an archive and one of its members.
struct NpzPath {
  std::string file;    // empty: the path is not that of an archive
  std::string member;  // empty: the archive's only member
};
NpzPath npz_path(const std::string& path);

/// Returns the names of an archive's members as NumPy gives them, without ".npy".  Throws Error(kUsage) if the file is missing, and
/// Error(kDamaged) if it is damaged.
std::vector<std::string> npz_members(const std::string& file);

/// Returns the contents of a member, which numpy.savez or numpy.savez_compressed wrote.  Throws Error(kUsage) if the file or the member
/// does not exist, and Error(kDamaged) if the archive claims more than it holds or a checksum is wrong.
std::vector<unsigned char> npz_member(const NpzPath& path);

}  // namespace normrun::files
