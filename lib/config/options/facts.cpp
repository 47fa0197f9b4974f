#include "config/options/facts.hpp"

namespace normrun::config {
namespace {

/// Returns the word as JSON: "true" and "false" become JSON's own true and false.
JsonValue word_value(std::string_view word) {
  if (word == "true") return true;
  if (word == "false") return false;
  return std::string(word);
}

JsonValue count_value(const Count& count) { return count.word.empty() ? JsonValue(count.value) : JsonValue(count.word); }

JsonValue tagged_value(Described& value) {
  JsonValue object = {{"type", value.type}};
  object.update(object_of(facts_of(value)));
  return object;
}

std::vector<std::string> copies(const std::vector<std::string_view>& words) { return {words.begin(), words.end()}; }

class FactVisitor : public OptionVisitor {
 public:
  std::vector<Fact> facts;

  void number(Option option, double& value, Range range) override { add(option, FactKind::kNumber, number_value(value)).range = range; }
  void number(Option option, std::optional<double>& value, Range range) override {
    add(option, FactKind::kNumber, value ? number_value(*value) : JsonValue()).range = range;
  }
  void integer(Option option, Index& value, IntegerRange range) override { add(option, FactKind::kInteger, value).integers = range; }
  void integer(Option option, std::optional<Index>& value, IntegerRange range) override {
    add(option, FactKind::kInteger, value ? JsonValue(*value) : JsonValue()).integers = range;
  }
  void flag(Option option, bool& value) override { add(option, FactKind::kFlag, value); }
  void text(Option option, std::string& value) override { add(option, FactKind::kText, value); }
  void count(Option option, Count& value, IntegerRange range, const std::vector<std::string_view>& words) override {
    Fact& fact = add(option, FactKind::kCount, count_value(value));
    fact.integers = range;
    fact.words = copies(words);
  }
  void choice_index(Option option, std::size_t& index, const std::vector<std::string_view>& names,
                    const std::vector<std::pair<std::string_view, std::string_view>>& aliases) override {
    Fact& fact = add(option, FactKind::kChoice, word_value(names[index]));
    fact.words = copies(names);
    fact.aliases.assign(aliases.begin(), aliases.end());
  }

  void numbers(Option option, std::vector<double>& values, Range range) override {
    add_list(option, FactKind::kNumber, values, number_value).range = range;
  }
  void integers(Option option, std::vector<Index>& values, IntegerRange range) override {
    add_list(option, FactKind::kInteger, values, [](Index value) { return JsonValue(value); }).integers = range;
  }
  void integer_or_list(Option option, std::vector<Index>& values, IntegerRange range) override {
    integers(option, values, range);
    if (values.size() == 1) facts.back().value = values.front();
  }
  void counts(Option option, std::vector<Count>& values, IntegerRange range, const std::vector<std::string_view>& words) override {
    Fact& fact = add_list(option, FactKind::kCount, values, count_value);
    fact.integers = range;
    fact.words = copies(words);
  }
  void texts(Option option, std::vector<std::string>& values) override {
    add_list(option, FactKind::kText, values, [](const std::string& value) { return JsonValue(value); });
  }
  void texts(Option option, std::optional<std::vector<std::string>>& values) override {
    Fact& fact = add(option, FactKind::kText, values ? JsonValue(*values) : JsonValue());
    fact.is_list = true;
  }
  void pairs(Option option, std::vector<std::pair<std::string, std::string>>& values, const std::vector<std::string_view>& words) override {
    add_list(option, FactKind::kPair, values, [](const auto& value) {
      return JsonValue::array({value.first, value.second});
    }).words = copies(words);
  }

  void object(Option option, Described& value) override {
    std::vector<Fact> members = facts_of(value);
    add(option, FactKind::kObject, object_of(members)).members = std::move(members);
  }
  void objects(Option option, std::size_t count, const std::function<Described&(std::size_t)>& at,
               const std::function<Described&()>& grow) override {
    JsonValue values = JsonValue::array();
    for (std::size_t i = 0; i < count; ++i) values.push_back(object_of(facts_of(at(i))));
    Fact& fact = add(option, FactKind::kObject, std::move(values));
    fact.members = facts_of(count > 0 ? at(0) : grow());
    fact.is_list = true;
  }
  void tagged(Option option, std::shared_ptr<Described>& value, const Family& family) override {
    add(option, FactKind::kTagged, value ? tagged_value(*value) : JsonValue()).family = &family;
  }
  void tagged_list(Option option, std::vector<std::shared_ptr<Described>>& values, const Family& family) override {
    add_list(option, FactKind::kTagged, values, [](const auto& value) { return tagged_value(*value); }).family = &family;
  }
  void tagged_lists(Option option, std::vector<std::vector<std::shared_ptr<Described>>>& values, const Family& family) override {
    Fact& fact = add_list(option, FactKind::kTagged, values, [](const auto& list) {
      JsonValue objects = JsonValue::array();
      for (const auto& value : list) objects.push_back(tagged_value(*value));
      return objects;
    });
    fact.family = &family;
    fact.is_list_of_lists = true;
  }
  void any(Option option, std::string& json_text) override {
    add(option, FactKind::kAny, json_text.empty() ? JsonValue() : parse_trusted(json_text));
  }

  void require(bool, std::string_view, std::string_view) override {}
  bool given(std::string_view) const override { return false; }
  bool refused(std::string_view) const override { return false; }

 private:
  Fact& add(Option option, FactKind kind, JsonValue value) {
    return facts.emplace_back(Fact{.name = std::string(option.name),
                                   .doc = std::string(option.doc),
                                   .kind = kind,
                                   .value = std::move(value),
                                   .range = {},
                                   .integers = {}});
  }

  template <class T, class ToJson>
  Fact& add_list(Option option, FactKind kind, const std::vector<T>& values, const ToJson& to_json) {
    JsonValue list = JsonValue::array();
    for (const T& value : values) list.push_back(to_json(value));
    Fact& fact = add(option, kind, std::move(list));
    fact.is_list = true;
    return fact;
  }
};

}  // namespace

std::vector<Fact> facts_of(Described& value) {
  FactVisitor visitor;
  value.describe(visitor);
  return std::move(visitor.facts);
}

JsonValue object_of(const std::vector<Fact>& facts) {
  JsonValue object = JsonValue::object();
  for (const Fact& fact : facts) {
    if (!fact.value.is_null()) object[fact.name] = fact.value;
  }
  return object;
}

}  // namespace normrun::config
