#include "data_files.hpp"

#include "files/foreign_format.hpp"
#include "files/input_file.hpp"
#include "files/npz_file.hpp"

namespace normrun::app {

DataFileKind kind_of_file(const std::string& path) {
  if (!files::npz_path(path).file.empty() && !files::npz_path(path).member.empty()) return DataFileKind::kNpz;
  files::InputFile file(path);
  const std::string start = file.read_piece(4096);
  const std::string_view what = files::foreign_format(start).what;
  if (what == "this is an NPY array") return DataFileKind::kNpy;
  if (what == "this is an NPZ archive") return DataFileKind::kNpz;
  if (what == "this is an IDX file") return DataFileKind::kIdx;
  if (what.find("safetensors") != std::string_view::npos) return DataFileKind::kSafetensors;
  return DataFileKind::kTable;  // if the file is no table either, the reader of tables says so
}

}  // namespace normrun::app
