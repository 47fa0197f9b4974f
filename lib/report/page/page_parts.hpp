#pragma once

#include <exception>
#include <new>
#include <string>
#include <vector>

#include "report/draw/text.hpp"

namespace normrun::report {

/// Draws the parts of a page one by one: a part that fails costs itself alone, and a line says so in its place.
class PageParts {
 public:
  /// `draw` gives the HTML of the part that `what` names: "the figure gap".
  template <class Draw>
  std::string drawn(const std::string& what, const Draw& draw) {
    try {
      return draw();
    } catch (const std::bad_alloc&) {
      return told_missing(what, "not enough memory");
    } catch (const std::exception& error) {
      return told_missing(what, error.what());
    }
  }
  /// A line for each part that failed: what it is, and why.
  std::vector<std::string> missing() const { return missing_; }

 private:
  std::string told_missing(const std::string& what, const std::string& reason) {
    missing_.push_back(what + " is missing: " + reason);
    return "<p class=\"note\">On this page " + escaped(missing_.back()) + ".</p>\n";
  }

  std::vector<std::string> missing_;
};

}  // namespace normrun::report
