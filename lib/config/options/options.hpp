#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::config {

/// Name and documentation of one option.  Parsing, checking, messages, the JSON Schema, `normrun list` and the resolved config all come
/// from this one description.  Both texts must be literals, because visitors keep views of them.
struct Option {
  std::string_view name;
  std::string_view doc;
};

/// The numbers that an option accepts.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;  // whether `low` itself is excluded
  bool high_open = false;
};
inline Range any_number() { return {}; }
inline Range at_least(double low) { return {.low = low}; }
inline Range above(double low) { return {.low = low, .low_open = true}; }
inline Range between(double low, double high) { return {.low = low, .high = high}; }

struct IntegerRange {
  Index low = std::numeric_limits<Index>::min();
  Index high = std::numeric_limits<Index>::max();
};

/// A whole number or one of a few words ("all", "train", "auto").  If it is a number, `word` is empty.
struct Count {
  std::string word;
  Index value = 0;
  friend bool operator==(const Count&, const Count&) = default;
};

class OptionVisitor;

/// An object of the config.  `describe` names every option once, in the order of the documentation.  Before a Reader visits, the members
/// hold the defaults; afterwards they hold the config's values.
class Described {
 public:
  Described() = default;
  Described(const Described&) = default;
  Described& operator=(const Described&) = default;
  virtual ~Described() = default;
  virtual void describe(OptionVisitor& visitor) = 0;

  std::string type;  // set by Family::make for a family's member; "" for other objects
};

/// One kind of object in a family.  The "type" in the config tells the kinds apart.
struct FamilyMember {
  std::string_view type;
  std::string_view doc;                              // one line: formula or purpose
  std::string_view source;                           // paper and equation, framework and version
  std::function<std::shared_ptr<Described>()> make;  // makes one with its defaults
};
struct Family {
  std::string_view name;  // as messages call it: "layer", "optimizer", …
  std::vector<FamilyMember> members;
  const FamilyMember* find(std::string_view type) const;         // nullptr if there is no such type
  std::shared_ptr<Described> make(std::string_view type) const;  // sets its type too; nullptr if there is no such type
};

/// Visits the options of Described objects.  A Reader fills them from JSON, a writer turns them into JSON, and the schema and `list` record
/// them.  Each value comes in with its default.  Only a Reader changes a value, and only if the config gives the option.
class OptionVisitor {
 public:
  virtual ~OptionVisitor() = default;

  virtual void number(Option option, double& value, Range range) = 0;
  virtual void number(Option option, std::optional<double>& value, Range range) = 0;
  virtual void integer(Option option, Index& value, IntegerRange range) = 0;
  virtual void integer(Option option, std::optional<Index>& value, IntegerRange range) = 0;
  virtual void flag(Option option, bool& value) = 0;
  virtual void text(Option option, std::string& value) = 0;
  /// A whole number or one of `words`.  If `words` is empty, any text is accepted (for options that take a column's name or its number).
  virtual void count(Option option, Count& value, IntegerRange range, const std::vector<std::string_view>& words) = 0;
  /// One of `names`; `index` is its place among them.  JSON's true and false count as the words "true" and "false".  `aliases` are further
  /// accepted names, as pairs (alias, name).
  virtual void choice_index(Option option, std::size_t& index, const std::vector<std::string_view>& names,
                            const std::vector<std::pair<std::string_view, std::string_view>>& aliases) = 0;

  virtual void numbers(Option option, std::vector<double>& values, Range range) = 0;
  /// A list of whole numbers.  A config may give a single number in place of a list with one number, as Keras takes an int or a tuple.
  virtual void integers(Option option, std::vector<Index>& values, IntegerRange range) = 0;
  /// A whole number, or a list of them with at least one.  One number is written without a list.
  virtual void integer_or_list(Option option, std::vector<Index>& values, IntegerRange range) = 0;
  /// A list of whole numbers or words.  A config may give a single number or word in place of a list with one entry.
  virtual void counts(Option option, std::vector<Count>& values, IntegerRange range, const std::vector<std::string_view>& words) = 0;
  virtual void texts(Option option, std::vector<std::string>& values) = 0;
  virtual void texts(Option option, std::optional<std::vector<std::string>>& values) = 0;
  /// A list of pairs of words, such as [["train", "eval"], …].  Each word must be one of `words`.
  virtual void pairs(Option option, std::vector<std::pair<std::string, std::string>>& values,
                     const std::vector<std::string_view>& words) = 0;

  virtual void object(Option option, Described& value) = 0;
  /// A list of objects of one kind.  `grow` appends one with its defaults and returns it; `at` returns the i-th.  Call `list` instead if
  /// you can: it clears the values before a Reader fills them, and afterwards removes the entries that any other visitor appended.
  virtual void objects(Option option, std::size_t count, const std::function<Described&(std::size_t)>& at,
                       const std::function<Described&()>& grow) = 0;
  /// One object of a family; its "type" says which kind.  An empty pointer means that the option is absent.
  virtual void tagged(Option option, std::shared_ptr<Described>& value, const Family& family) = 0;
  virtual void tagged_list(Option option, std::vector<std::shared_ptr<Described>>& values, const Family& family) = 0;
  /// A list of lists of objects of a family.
  virtual void tagged_lists(Option option, std::vector<std::vector<std::shared_ptr<Described>>>& values, const Family& family) = 0;
  /// JSON that other code reads ("grid", "claims"), kept as compact text; "" means absent.  The default "{}" asks for an object and "[]"
  /// for a list; the default "" accepts any value.
  virtual void any(Option option, std::string& json_text) = 0;

  /// A relation between options that must hold.  If it does not hold, a Reader reports "expected <expectation>" at the option `key` ("" is
  /// the object itself).  It reports nothing if it has refused the value at `key`: that option kept its default, so the relation says
  /// nothing about the config.  Other visitors ignore this.
  virtual void require(bool holds, std::string_view key, std::string_view expectation) = 0;
  /// Whether the config gives this option.  The answer is always false for visitors that do not read.
  virtual bool given(std::string_view name) const = 0;
  /// Whether the config's value of this option was refused, so that the option kept its default.  The answer is always false for visitors
  /// that do not read.
  virtual bool refused(std::string_view name) const = 0;

  template <class E>
  void choice(Option option, E& value, const std::vector<std::pair<std::string_view, E>>& choices,
              const std::vector<std::pair<std::string_view, std::string_view>>& aliases = {}) {
    std::vector<std::string_view> names;
    std::size_t index = 0;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      names.push_back(choices[i].first);
      if (choices[i].second == value) index = i;
    }
    choice_index(option, index, names, aliases);
    value = choices[index].second;
  }

  template <class D>
  void list(Option option, std::vector<D>& values) {
    const bool is_read = given(option.name);
    if (is_read) values.clear();
    const auto defaults = static_cast<std::ptrdiff_t>(values.size());
    objects(
        option, values.size(), [&values](std::size_t i) -> Described& { return values[i]; },
        [&values]() -> Described& { return values.emplace_back(); });
    if (!is_read) values.erase(values.begin() + defaults, values.end());
  }
};

}  // namespace normrun::config
