#include <cmath>

#include "config/options/document.hpp"
#include "config/options/facts.hpp"
#include "config/options/values.hpp"

namespace normrun::config {
namespace {

/// Collects the families under "definitions", so that each family is written only once and may contain itself.
class SchemaWriter {
 public:
  /// Returns {"properties", "additionalProperties"} of an object with these options.
  JsonValue object_schema(const std::vector<Fact>& facts) {
    JsonValue schema = {{"type", "object"}, {"properties", JsonValue::object()}, {"additionalProperties", false}};
    for (const Fact& fact : facts) schema["properties"][fact.name] = property(fact);
    return schema;
  }
  const JsonValue& definitions() const { return definitions_; }

 private:
  JsonValue property(const Fact& fact) {
    JsonValue schema = JsonValue::object();
    schema["description"] = fact.doc;
    JsonValue element = element_schema(fact);
    if (fact.is_list && (fact.kind == FactKind::kInteger || fact.kind == FactKind::kCount)) {
      schema["anyOf"] = JsonValue::array({element, {{"type", "array"}, {"items", element}}});
    } else if (fact.is_list) {
      schema["type"] = "array";
      schema["items"] = fact.is_list_of_lists ? JsonValue{{"type", "array"}, {"items", std::move(element)}} : std::move(element);
    } else {
      schema.update(element);
    }
    if (!fact.value.is_null()) schema["default"] = fact.value;
    return schema;
  }

  JsonValue element_schema(const Fact& fact) {
    switch (fact.kind) {
      case FactKind::kNumber:
        return number_schema(fact.range);
      case FactKind::kInteger:
        return integer_schema(fact.integers);
      case FactKind::kFlag:
        return {{"type", "boolean"}};
      case FactKind::kText:
        return {{"type", "string"}};
      case FactKind::kCount:
        return count_schema(fact);
      case FactKind::kChoice:
        return choice_schema(fact);
      case FactKind::kPair:
        return {{"type", "array"}, {"items", pair_item_schema(fact.words)}, {"minItems", 2}, {"maxItems", 2}};
      case FactKind::kObject:
        return object_schema(fact.members);
      case FactKind::kTagged:
        return tagged_schema(fact);
      case FactKind::kAny:
        return any_schema(fact.value);
    }
    return JsonValue::object();
  }

  static JsonValue number_schema(const Range& range) {
    JsonValue schema = {{"type", "number"}};
    if (std::isfinite(range.low)) schema[range.low_open ? "exclusiveMinimum" : "minimum"] = number_value(range.low);
    if (std::isfinite(range.high)) schema[range.high_open ? "exclusiveMaximum" : "maximum"] = number_value(range.high);
    return schema;
  }

  static JsonValue integer_schema(const IntegerRange& range) {
    const IntegerRange all;
    JsonValue schema = {{"type", "integer"}};
    if (range.low != all.low) schema["minimum"] = range.low;
    if (range.high != all.high) schema["maximum"] = range.high;
    return schema;
  }

  static JsonValue count_schema(const Fact& fact) {
    const JsonValue word = fact.words.empty() ? JsonValue{{"type", "string"}} : JsonValue{{"enum", fact.words}};
    return {{"anyOf", JsonValue::array({integer_schema(fact.integers), word})}};
  }

  static JsonValue pair_item_schema(const std::vector<std::string>& words) {
    JsonValue whole = JsonValue::array();
    JsonValue kinds = JsonValue::array();
    for (const std::string& word : words) {
      if (is_pattern(word))
        kinds.push_back({{"type", "string"}, {"pattern", pattern_of(word)}});
      else
        whole.push_back(word);
    }
    if (kinds.empty()) return {{"enum", std::move(whole)}};
    kinds.push_back({{"enum", std::move(whole)}});
    return {{"anyOf", std::move(kinds)}};
  }

  static JsonValue choice_schema(const Fact& fact) {
    JsonValue words = JsonValue::array();
    const auto add = [&](const std::string& word) {
      words.push_back(word == "true" ? JsonValue(true) : word == "false" ? JsonValue(false) : JsonValue(word));
    };
    for (const std::string& word : fact.words) add(word);
    for (const auto& [alias, word] : fact.aliases) add(alias);
    return {{"enum", std::move(words)}};
  }

  static JsonValue any_schema(const JsonValue& fallback) {
    if (fallback.is_object()) return {{"type", "object"}};
    if (fallback.is_array()) return {{"type", "array"}};
    return JsonValue::object();
  }

  /// Puts references inside allOf, because draft-07 ignores everything beside a "$ref".  An object without a "type" has the type of the
  /// option's default.
  JsonValue tagged_schema(const Fact& fact) {
    const std::string definition = define(*fact.family);
    JsonValue typeless = {{"required", {"type"}}};
    const auto& members = fact.family->members;
    for (std::size_t i = 0; i < members.size() && fact.value.is_object(); ++i) {
      if (fact.value.value("type", "") == members[i].type) typeless = {{"$ref", definition + "/else/allOf/" + std::to_string(i) + "/then"}};
    }
    const JsonValue is_typeless = {{"type", "object"}, {"not", {{"required", {"type"}}}}};
    return {{"allOf", JsonValue::array({{{"$ref", definition}}, {{"if", is_typeless}, {"then", std::move(typeless)}}})}};
  }

  /// Puts a family's schema under "definitions" and returns a reference to it.
  std::string define(const Family& family) {
    const std::string name(family.name);
    if (!definitions_.contains(name)) {
      definitions_[name] = JsonValue::object();
      JsonValue schema = family_schema(family);
      definitions_[name] = std::move(schema);
    }
    return "#/definitions/" + name;
  }

  /// Writes one if/then for each type, so that an editor complains about the type that the author chose, and not about every type.
  JsonValue family_schema(const Family& family) {
    JsonValue types = JsonValue::array();
    JsonValue branches = JsonValue::array();
    for (const FamilyMember& member : family.members) {
      const std::string type(member.type);
      types.push_back(type);
      const JsonValue is_type = {{"const", type}};
      JsonValue then = object_schema(facts_of(*family.make(type)));
      const std::string source = member.source.empty() ? "" : " (" + std::string(member.source) + ")";
      then["description"] = std::string(member.doc) + source;
      then["properties"]["type"] = is_type;
      branches.push_back({{"if", {{"properties", {{"type", is_type}}}, {"required", {"type"}}}}, {"then", std::move(then)}});
    }
    JsonValue object = {{"type", "object"}, {"properties", {{"type", {{"enum", types}}}}}, {"allOf", std::move(branches)}};
    // A text alone stands for an object of that type with its defaults: "adam".
    return {{"if", {{"type", "string"}}}, {"then", {{"enum", std::move(types)}}}, {"else", std::move(object)}};
  }

  JsonValue definitions_ = JsonValue::object();
};

}  // namespace

std::string write_schema(Described& value, std::string_view id, std::string_view title) {
  SchemaWriter writer;
  JsonValue schema = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"$id", std::string(id)}, {"title", std::string(title)}};
  JsonValue object = writer.object_schema(facts_of(value));
  object["properties"]["$schema"] = {{"type", "string"}, {"description", "where this schema lies, for editors"}};
  schema.update(object);
  if (!writer.definitions().empty()) schema["definitions"] = writer.definitions();
  return pretty_text(schema);
}

}  // namespace normrun::config
