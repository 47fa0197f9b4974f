#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/json/json.hpp"
#include "config/options/options.hpp"

namespace normrun::config {

/// What an option holds.
enum class FactKind {
  kNumber,
  kInteger,
  kFlag,  // true or false
  kText,
  kCount,   // a whole number or a word
  kChoice,  // one of a few words
  kPair,    // a pair of words, each one of a few
  kObject,
  kTagged,  // an object of a family
  kAny,     // any JSON
};

/// What an option's description tells.  The resolved config, the schema and `normrun list` are written from such facts.
struct Fact {
  std::string name;
  std::string doc;
  FactKind kind = FactKind::kAny;
  bool is_list = false;                                           // whether the option is a list of values of that kind
  bool is_list_of_lists = false;                                  // whether it is a list of such lists; then is_list is set too
  JsonValue value;                                                // the present value; null if the option is absent
  Range range;                                                    // kNumber
  IntegerRange integers;                                          // kInteger, kCount
  std::vector<std::string> words = {};                            // kCount, kChoice, kPair
  std::vector<std::pair<std::string, std::string>> aliases = {};  // kChoice
  std::vector<Fact> members = {};                                 // kObject: its options
  const Family* family = nullptr;                                 // kTagged
};

std::vector<Fact> facts_of(Described& value);

/// Returns the JSON object that the options make.  It leaves out absent options.
JsonValue object_of(const std::vector<Fact>& facts);

}  // namespace normrun::config
