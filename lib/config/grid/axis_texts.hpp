#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace normrun::config {

/// The values of an axis or their labels: either a list of texts or a range of whole numbers.  A range stores only its ends, because a
/// sweep may have a million seeds.
class AxisTexts {
 public:
  AxisTexts() = default;
  AxisTexts(std::vector<std::string> texts) : texts_(std::move(texts)) {}  // NOLINT(google-explicit-constructor)
  AxisTexts(std::initializer_list<std::string> texts) : texts_(texts) {}   // NOLINT(google-explicit-constructor)
  static AxisTexts range(std::int64_t first, std::int64_t last) {          // both ends belong to the range
    AxisTexts texts;
    texts.first_ = first;
    texts.count_ = static_cast<std::size_t>(last - first) + 1;
    return texts;
  }

  bool is_range() const { return count_ > 0; }
  std::size_t size() const { return is_range() ? count_ : texts_.size(); }
  bool empty() const { return size() == 0; }
  std::string operator[](std::size_t i) const { return is_range() ? std::to_string(first_ + static_cast<std::int64_t>(i)) : texts_[i]; }
  std::string back() const { return (*this)[size() - 1]; }
  void push_back(std::string text) { texts_.push_back(std::move(text)); }  // only for a list

  friend bool operator==(const AxisTexts& a, const AxisTexts& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }

 private:
  std::vector<std::string> texts_;
  std::int64_t first_ = 0;
  std::size_t count_ = 0;  // 0: the values are in texts_
};

}  // namespace normrun::config
