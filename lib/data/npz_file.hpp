#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace normrun::data {

/// "file.npz:X": an archive and a member of it.
struct NpzPath {
  std::string file;    // empty: the path is no archive's
  std::string member;  // empty: the only one
};
NpzPath npz_path(const std::string& path);

/// The names of an archive's members as NumPy gives them, without ".npy".  Throws Error: kUsage (missing file), kDamaged.
std::vector<std::string> npz_members(const std::string& file);

/// The contents of a member (numpy.savez, numpy.savez_compressed).  Throws Error: kUsage (no such file or member), kDamaged where the
/// archive claims more than it holds or a checksum is wrong.
std::vector<unsigned char> npz_member(const NpzPath& path);

}  // namespace normrun::data
