#pragma once

#include <exception>
#include <new>
#include <string>
#include <vector>

#include "report/draw/text.hpp"

namespace normrun::report {

/// Draws the sections and figures of a page one by one.  If one of them fails, a line on the page says so, and all others are still drawn.
class PageParts {
 public:
  /// Returns the HTML that `draw` returns.  Messages call it `what`: "the figure gap".
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
  /// Returns one line for each section or figure that failed, which says what it is and why it failed.
  std::vector<std::string> missing() const { return missing_; }

 private:
  std::string told_missing(const std::string& what, const std::string& reason) {
    missing_.push_back(what + " is missing: " + reason);
    return "<p class=\"note\">On this page " + escaped(missing_.back()) + ".</p>\n";
  }

  std::vector<std::string> missing_;
};

}  // namespace normrun::report
