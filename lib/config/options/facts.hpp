#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/json/json.hpp"
#include "config/options/options.hpp"

namespace normrun::config {

enum class FactKind { kNumber, kInteger, kFlag, kText, kCount, kChoice, kPair, kObject, kTagged, kAny };

/// What an OptionVisitor can learn of one option without reading: the config, the schema and `list` are written from these.
struct Fact {
  std::string name;
  std::string doc;
  FactKind kind = FactKind::kAny;
  bool is_list = false;                                           // of that kind
  JsonValue value;                                                // as it stands; null where it is absent
  Range range;                                                    // kNumber
  IntegerRange integers;                                          // kInteger, kCount
  std::vector<std::string> words = {};                            // kCount, kChoice, kPair
  std::vector<std::pair<std::string, std::string>> aliases = {};  // kChoice
  std::vector<Fact> members = {};                                 // kObject: its options
  const Family* family = nullptr;                                 // kTagged
};

std::vector<Fact> facts_of(Described& value);

/// The object that the options make, absent ones left out.
JsonValue object_of(const std::vector<Fact>& facts);

}  // namespace normrun::config
