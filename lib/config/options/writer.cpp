#include "config/json/words.hpp"
#include "config/options/document.hpp"
#include "config/options/facts.hpp"
#include "config/options/range_text.hpp"

namespace normrun::config {
namespace {

std::vector<std::string_view> views(const std::vector<std::string>& words) { return {words.begin(), words.end()}; }

std::string family_kind(const Family& family) {
  std::vector<std::string_view> types;
  for (const FamilyMember& member : family.members) types.push_back(member.type);
  return std::string(family.name) + " of type " + quoted_words(types);
}

std::string one_kind(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::kNumber:
      return "number";
    case FactKind::kInteger:
      return "integer";
    case FactKind::kFlag:
      return "flag";
    case FactKind::kText:
      return "text";
    case FactKind::kCount:
      return fact.words.empty() ? "integer or text" : "integer or " + quoted_words(views(fact.words));
    case FactKind::kChoice:
      return "one of " + quoted_words(views(fact.words));
    case FactKind::kPair:
      return "pair of " + quoted_words(views(fact.words));
    case FactKind::kObject:
      return "object";
    case FactKind::kTagged:
      return family_kind(*fact.family);
    case FactKind::kAny:
      return fact.value.is_object() ? "object" : fact.value.is_array() ? "list" : "anything";
  }
  return "";
}

void append_rows(const std::vector<Fact>& facts, const std::string& prefix, std::vector<OptionRow>& rows) {
  for (const Fact& fact : facts) {
    const bool has_rows = fact.kind == FactKind::kObject;
    rows.push_back({.name = prefix + fact.name,
                    .kind = (fact.is_list_of_lists ? "list of lists: "
                             : fact.is_list        ? "list: "
                                                   : "") +
                            one_kind(fact),
                    .range = fact.kind == FactKind::kNumber ? range_text(fact.range) : range_text(fact.integers),
                    .fallback = fact.value.is_null() || (has_rows && !fact.is_list) ? "" : compact_text(fact.value),
                    .doc = fact.doc});
    if (has_rows) append_rows(fact.members, prefix + fact.name + (fact.is_list ? "[]." : "."), rows);
  }
}

}  // namespace

std::string write_resolved(Described& value) { return pretty_text(object_of(facts_of(value))); }

std::vector<OptionRow> option_rows(Described& value) {
  std::vector<OptionRow> rows;
  append_rows(facts_of(value), "", rows);
  return rows;
}

}  // namespace normrun::config
