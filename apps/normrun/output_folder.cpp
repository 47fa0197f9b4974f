#include "output_folder.hpp"

#include <filesystem>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

#include "study/plan.hpp"
#include "sweep/journal.hpp"
#include "tables/tables.hpp"

namespace normrun::app {
namespace {

namespace fs = std::filesystem;

/// Returns the names of the files that `train` and later commands write beside the journal.
std::vector<std::string> result_files() {
  std::vector<std::string> files = {"summary.csv", "claims.csv", "config.json", "manifest.json", "datapackage.json", "report.html"};
  for (const tables::Table& table : tables::tables()) files.emplace_back(table.file);
  return files;
}

bool is_temporary_of(const fs::path& path, const std::string& file) {
  return path.extension() == ".tmp" && path.filename().string().compare(0, file.size() + 1, file + ".") == 0;
}

void remove_files(const fs::path& folder, const std::string& extension) {
  if (!fs::is_directory(folder)) return;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == extension) fs::remove(entry.path());
  }
}

}  // namespace

OutputFolder::OutputFolder(std::string path, Existing existing, const char* filled_hint) : path_(made(std::move(path))), lock_(path_) {
  try {
    const bool filled = fs::directory_iterator(path_) != fs::directory_iterator();
    if (filled && existing == Existing::kRefuse) {
      throw Error(ExitCode::kCannotCreate, {path_, "the output folder is not empty", filled_hint});
    }
    if (existing == Existing::kReplace) remove_results();
    if (existing == Existing::kResume && !has_journal() && fs::exists(path_ + "/runs.csv")) {
      throw Error(ExitCode::kCannotCreate,
                  {path_, "the folder holds results, but no journal to resume from", "use --force to replace them"});
    }
    remove_temporary_files();
  } catch (const fs::filesystem_error& error) {
    if (error.code() == std::errc::not_enough_memory) throw std::bad_alloc();
    throw Error(ExitCode::kCannotCreate, {path_, error.code().message(), "choose another --out"});
  }
}

std::string OutputFolder::made(std::string path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error && fs::is_directory(path, error)) return path;
  throw Error(ExitCode::kCannotCreate, {path, error ? error.message() : "this is not a folder", "choose another --out"});
}

std::string OutputFolder::journal() const { return path_ + "/" + study::kJournalFile; }

bool OutputFolder::has_journal() const { return fs::exists(journal()); }

void OutputFolder::make_checkpoints() const {
  std::error_code error;
  fs::create_directories(checkpoints(), error);
  if (error) throw Error(ExitCode::kCannotCreate, {checkpoints(), error.message(), "choose another --out"});
}

void OutputFolder::remove_unfinished() const {
  std::error_code ignored;  // if the folder stays, it does no harm
  fs::remove_all(unfinished(), ignored);
}

/// Removes all results but the journal.  The journal stays until a new one replaces it, so that --resume works whatever ends the program in
/// between.
void OutputFolder::remove_results() const {
  for (const std::string& file : result_files()) fs::remove(path_ + "/" + file);
  remove_files(checkpoints(), ".safetensors");
  remove_files(unfinished(), ".safetensors");
}

/// Removes half-written files that a killed process has left.
void OutputFolder::remove_temporary_files() const {
  std::vector<std::string> files = result_files();
  files.emplace_back(study::kJournalFile);
  for (const auto& entry : fs::directory_iterator(path_)) {
    for (const std::string& file : files) {
      if (is_temporary_of(entry.path(), file)) fs::remove(entry.path());
    }
  }
  remove_files(checkpoints(), ".tmp");
  remove_files(unfinished(), ".tmp");
}

}  // namespace normrun::app
