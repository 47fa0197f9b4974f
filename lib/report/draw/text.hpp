#pragma once

#include <string>
#include <string_view>

namespace normrun::report {

/// Escapes a text for HTML and XML, both inside elements and inside quoted attributes.  Characters that XML forbids become U+FFFD.
std::string escaped(std::string_view text);

/// Returns a data link that downloads `content` as a file of media type `type`.  The link must stand in an attribute with single quotes.
std::string data_link(std::string_view type, std::string_view content);

}  // namespace normrun::report
