#pragma once

#include <string>
#include <vector>

#include "report/draw/chart.hpp"

namespace normrun::report {

/// How much room a picture has.  kPanel: pictures stand side by side, or below one another on a phone.  kWide: the picture stands alone,
/// and the names of its lines stand beside them.
enum class Room { kPanel, kWide };

inline constexpr double kPanelWidth = 344.0;
inline constexpr double kWideWidth = 640.0;
inline constexpr double kFoot = 46.0;      // below a plot: the ticks' labels and the axis' label
inline constexpr double kTextLine = 17.0;  // height of a line of text

/// Returns one SVG for each panel of a chart.  A logarithmic y axis breaks below its smallest value, and shows exact zeros below the break.
/// A chart whose x axis has names is drawn as rows of dots or bars.
std::vector<std::string> draw(const Chart& chart, Room room);

/// Returns the SVG of one panel of a chart whose x axis has names.
std::string draw_rows(const Chart& chart, const Panel& panel, Room room, const std::string& id);

/// Returns what the page says about a point under the pointer: "batch norm, at 2: 79 % (95 %: 75 % to 83 %), 3 seeds".
std::string hint_of(const Chart& chart, const Series& series, const Point& point);

}  // namespace normrun::report
