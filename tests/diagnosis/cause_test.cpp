#include "diagnosis/cause.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

using namespace normrun;
using diagnosis::Cause;

TEST_CASE("each cause has one word, which reads back as that cause") {
  for (std::size_t i = 0; i < diagnosis::kCauseWords.size(); ++i) {
    const auto& [cause, word] = diagnosis::kCauseWords[i];
    CHECK(static_cast<std::size_t>(cause) == i);
    CHECK(diagnosis::cause_text(cause) == word);
    CHECK(diagnosis::cause_of(word) == cause);
  }
  CHECK(diagnosis::kCauseWords.back().first == Cause::kUnmeasured);
  CHECK(diagnosis::cause_text(Cause::kShiftedData) == "shifted-data");
}

TEST_CASE("a word of another version is a cause that cannot be told") {
  CHECK(diagnosis::cause_of("gremlins") == Cause::kUnknown);
  CHECK(diagnosis::cause_of("unknown") == Cause::kUnknown);
}

TEST_CASE("the pages name every cause") {
  std::string pages;
  for (const char* const page : {"diagnosis", "gap_budget"}) {
    std::ifstream file(std::string(NORMRUN_SOURCE_DIR "/docs/") + page + ".md");
    pages.append(std::istreambuf_iterator<char>(file), {});
  }
  for (const auto& [cause, word] : diagnosis::kCauseWords) {
    CAPTURE(word);
    CHECK(pages.find(word) != std::string::npos);
  }
}
