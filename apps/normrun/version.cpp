#include "version.hpp"

#include "nn/kernels/kernels.hpp"
#include "revision.hpp"

namespace normrun::app {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "gcc " __VERSION__;
#endif

}  // namespace

report::ProgramInfo program_info() { return {NORMRUN_VERSION, NORMRUN_REVISION, kCompiler, std::string(nn::kernels::instruction_set())}; }

std::string source_date() { return NORMRUN_DATE; }

std::string version_text() {
  const report::ProgramInfo info = program_info();
  const std::string revision = info.revision.empty() ? "" : " (" + info.revision + ")";
  return "normrun " + info.version + revision + "\ncompiler: " + info.compiler + "\ninstruction set: " + info.instruction_set;
}

}  // namespace normrun::app
