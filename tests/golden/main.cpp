// golden FILE [--expect-not-covered OP,OP,…]
//
// Runs every case of a file of golden vectors through the library in double and compares: layers and losses, optimizers, and
// a whole training.  Exit 0 where all agree, 1 where one differs or there is none (or an operation outside the given list is
// not covered), 2 for wrong usage, 65 for a damaged file.
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>

#include "core/error.hpp"
#include "golden/cases.hpp"

namespace normrun::golden {
namespace {

constexpr int kUsage = 2;
constexpr int kDamaged = 65;

Named expected_of(const Case& c) {
  Named expected = c.outputs;
  for (const auto& [name, values] : c.grads) expected["grad " + name] = values;
  return expected;
}

void run_cases(const Json& cases, Report& report) {
  if (!cases.is_array()) throw Damaged("\"cases\" is no list");
  for (const Json& object : cases) {
    const Case c = case_of(object);
    try {
      if (const auto computed = run_case(c)) {
        report.compare(c.name, expected_of(c), *computed);
      } else {
        report.not_covered(c.name, c.op);
      }
    } catch (const Damaged&) {
      throw;
    } catch (const Json::exception&) {
      throw;
    } catch (const std::exception& error) {
      report.fail(c.name, error.what());
    }
  }
}

void run_file(const Json& file, Report& report) {
  run_cases(field(file, "cases"), report);
  if (file.contains("optimizers")) run_optimizers(file["optimizers"], report);
  if (file.contains("trajectory")) run_trajectory(file["trajectory"], report);
}

std::set<std::string> split(const std::string& list) {
  std::set<std::string> words;
  std::istringstream stream(list);
  for (std::string word; std::getline(stream, word, ',');) words.insert(word);
  return words;
}

int judge(const Report& report, const std::optional<std::set<std::string>>& may_be_not_covered) {
  bool surprise = false;
  for (const std::string& op : report.operations_not_covered()) {
    if (may_be_not_covered && !may_be_not_covered->contains(op)) {
      std::printf("not covered, but expected to be: %s\n", op.c_str());
      surprise = true;
    }
  }
  report.print_summary();
  return report.failed() > 0 || report.passed() == 0 || surprise ? 1 : 0;
}

int run(const std::string& path, const std::optional<std::set<std::string>>& may_be_not_covered) {
  std::ifstream stream(path);
  if (!stream) {
    std::fprintf(stderr, "golden: error: %s: cannot be read\n", path.c_str());
    return kUsage;
  }
  Report report;
  try {
    run_file(Json::parse(stream), report);
  } catch (const Damaged& damaged) {
    std::fprintf(stderr, "golden: error: %s: %s\n", path.c_str(), damaged.what());
    return kDamaged;
  } catch (const Json::exception& error) {
    std::fprintf(stderr, "golden: error: %s: %s\n", path.c_str(), error.what());
    return kDamaged;
  }
  return judge(report, may_be_not_covered);
}

}  // namespace
}  // namespace normrun::golden

int main(int count, char** arguments) {
  const bool with_list = count == 4 && std::string(arguments[2]) == "--expect-not-covered";
  if (count != 2 && !with_list) {
    std::fprintf(stderr, "usage: golden FILE [--expect-not-covered OP,OP,...]\n");
    return normrun::golden::kUsage;
  }
  std::optional<std::set<std::string>> may_be_not_covered;
  if (with_list) may_be_not_covered = normrun::golden::split(arguments[3]);
  return normrun::golden::run(arguments[1], may_be_not_covered);
}
