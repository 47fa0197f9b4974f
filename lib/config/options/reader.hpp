#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/json/source.hpp"
#include "config/options/options.hpp"

namespace normrun::config {

/// Implements Document::read: fills `value` from the object at `pointer`, option by option in the order of `describe`, and appends the
/// problems in the order of the text.
void read_document(const DocumentState& document, std::string_view pointer, Described& value, std::vector<Problem>& problems,
                   const std::vector<std::string_view>& elsewhere);

/// Collects the problems of one reading.
class Findings {
 public:
  explicit Findings(const DocumentState& document) : document_(document) {}
  const DocumentState& document() const { return document_; }
  /// Refuses the value at `pointer`.
  void add(std::string_view pointer, std::string what, std::string hint = "");
  /// Refuses the key at `pointer`.
  void add_key(std::string_view pointer, std::string what, std::string hint);
  /// Reports a relation between values that does not hold.
  void add_relation(std::string_view pointer, std::string what);
  /// Whether the value at `pointer`, or a value inside it, was refused.
  bool refused(std::string_view pointer) const;
  void append_sorted(std::vector<Problem>& problems);

 private:
  struct Finding {
    std::size_t order;
    Problem problem;
  };
  const DocumentState& document_;
  std::vector<Finding> findings_;
  std::vector<std::string> refused_;  // pointers
};

/// Fills the options of one object.
class Reader : public OptionVisitor {
 public:
  /// `object` is the value at `pointer` of the document.
  Reader(const JsonValue& object, std::string pointer, Findings& findings)
      : object_(object), pointer_(std::move(pointer)), findings_(findings) {}

  void number(Option option, double& value, Range range) override;
  void number(Option option, std::optional<double>& value, Range range) override;
  void integer(Option option, Index& value, IntegerRange range) override;
  void integer(Option option, std::optional<Index>& value, IntegerRange range) override;
  void flag(Option option, bool& value) override;
  void text(Option option, std::string& value) override;
  void count(Option option, Count& value, IntegerRange range, const std::vector<std::string_view>& words) override;
  void choice_index(Option option, std::size_t& index, const std::vector<std::string_view>& names,
                    const std::vector<std::pair<std::string_view, std::string_view>>& aliases) override;
  void numbers(Option option, std::vector<double>& values, Range range) override;
  void integers(Option option, std::vector<Index>& values, IntegerRange range) override;
  void integer_or_list(Option option, std::vector<Index>& values, IntegerRange range) override;
  void counts(Option option, std::vector<Count>& values, IntegerRange range, const std::vector<std::string_view>& words) override;
  void texts(Option option, std::vector<std::string>& values) override;
  void texts(Option option, std::optional<std::vector<std::string>>& values) override;
  void pairs(Option option, std::vector<std::pair<std::string, std::string>>& values, const std::vector<std::string_view>& words) override;
  void object(Option option, Described& value) override;
  void objects(Option option, std::size_t count, const std::function<Described&(std::size_t)>& at,
               const std::function<Described&()>& grow) override;
  void tagged(Option option, std::shared_ptr<Described>& value, const Family& family) override;
  void tagged_list(Option option, std::vector<std::shared_ptr<Described>>& values, const Family& family) override;
  void tagged_lists(Option option, std::vector<std::vector<std::shared_ptr<Described>>>& values, const Family& family) override;
  void any(Option option, std::string& json_text) override;
  void require(bool holds, std::string_view key, std::string_view expectation) override;
  bool given(std::string_view name) const override { return object_.contains(name); }
  bool refused(std::string_view name) const override { return findings_.refused(pointer_of(name)); }

  /// Makes `names` known keys.
  void know(const std::vector<std::string_view>& names) { known_.insert(known_.end(), names.begin(), names.end()); }
  /// Reports the keys of the object that are not known, except those in `ignored`.
  void refuse_unknown_keys(const std::vector<std::string>& ignored);

 private:
  /// Returns the option's value in the config, or null if it is absent, and makes its key a known one.
  const JsonValue* take(Option option);
  std::string pointer_of(std::string_view name) const { return child_pointer(pointer_, name); }

  const JsonValue& object_;
  std::string pointer_;
  Findings& findings_;
  std::vector<std::string_view> known_;
};

}  // namespace normrun::config
