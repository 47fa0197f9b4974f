// Replaces the static pictures of every figure by its Vega-Lite views.  The pictures stay in the page for printing, and a figure that
// cannot be drawn keeps showing them.
import { View, Warn, parse } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile } from "vega-lite";

const kMargin = 70; // room beside a view for its axis' labels and title
const kGlyphs = { circle: "●", square: "■", "triangle-up": "▲", diamond: "◆", "triangle-down": "▼" };

// A spec has the light theme's colours.  On the page, colours follow the theme through the stylesheet's names for them.
const declared = document.styleSheets[0].cssRules[0].style;
const themed = {};
for (const name of declared) if (name.startsWith("--")) themed[declared.getPropertyValue(name).trim()] = `var(${name})`;

const config = {
  background: "transparent",
  font: getComputedStyle(document.body).fontFamily,
  axis: { labelColor: "var(--soft)", titleColor: "var(--soft)", gridColor: "var(--rule)", domainColor: "var(--rule)", tickColor: "var(--rule)" },
  legend: { disable: true }, // the page has buttons instead, which a keyboard reaches
  title: { color: "var(--ink)", subtitleColor: "var(--soft)" },
};

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

const hint = element("div", "hint");
hint.hidden = true;
document.body.append(hint);

// Shows the hint beside the pointer, on the side that has room.
function showHint(_, event, item, value) {
  hint.hidden = value == null;
  if (hint.hidden) return;
  hint.replaceChildren(...Object.entries(value).map(([name, text]) => {
    const line = element("div", "", `${name}: `);
    line.append(element("strong", "", text));
    return line;
  }));
  const left = event.clientX + 14 + hint.offsetWidth > innerWidth ? event.clientX - 14 - hint.offsetWidth : event.clientX + 14;
  hint.style.left = `${Math.max(4, left)}px`;
  hint.style.top = `${Math.min(event.clientY + 14, innerHeight - hint.offsetHeight - 4)}px`;
}

const sized = (view, width) => ({ ...view, width, title: { ...view.title, limit: width + kMargin - 10 } });

// Puts as many views side by side as fit into the width, and makes rows of equal length where that costs no space.
function fit(spec, width, margin) {
  const most = Math.max(1, Math.floor(width / (spec.concat[0].width + margin)));
  const columns = Math.ceil(spec.concat.length / Math.ceil(spec.concat.length / most));
  const own = Math.max(120, Math.floor(width / columns) - margin);
  return { ...spec, columns, concat: spec.concat.map((view) => sized(view, Math.min(own, 1.4 * view.width))) };
}

class InteractiveFigure {
  constructor(link) {
    this.figure = link.closest("figure");
    const content = link.getAttribute("href").replace(/^[^,]*,/, "");
    this.spec = JSON.parse(decodeURIComponent(content), (_, value) => themed[value] ?? value);
    delete this.spec.title; // the page shows the title
    for (const parameter of this.spec.params) delete parameter.bind;
    this.place = element("div", "views");
    this.legend = this.legendButtons();
  }

  async show() {
    const panels = this.figure.querySelector(".panels");
    panels.before(this.legend, this.place);
    await this.draw();
    this.figure.classList.add("drawn");
    new ResizeObserver(() => this.place.clientWidth !== this.width && this.draw()).observe(this.place);
  }

  async draw() {
    this.width = this.place.clientWidth;
    // The space that labels take beside the views is known only after drawing, so the second try fits.
    let margin = kMargin;
    for (const _ of [1, 2]) {
      const fitted = fit(this.spec, this.width, margin);
      this.view?.finalize();
      this.view = new View(parse(compile(fitted, { config }).spec, null, { ast: true }),
        { expr: expressionInterpreter, renderer: "svg", container: this.place, hover: true, logLevel: Warn, tooltip: showHint });
      this.view.signal("highlight", this.highlight ?? "");
      await this.view.runAsync();
      const drawn = this.place.querySelector("svg").getBoundingClientRect().width;
      if (drawn <= this.width) break;
      margin += Math.ceil((drawn - this.width) / fitted.columns);
    }
  }

  legendButtons() {
    const [view] = this.spec.concat;
    const { color } = view.encoding;
    const shape = view.layer?.at(-1).encoding.shape; // the last layer has the points
    const list = element("ul", "legend choices");
    color.scale.domain.forEach((name, place) => {
      const button = element("button", "", name);
      const glyph = element("span", "", kGlyphs[shape?.scale.range[place]] ?? "■");
      glyph.style.color = color.scale.range[place];
      glyph.ariaHidden = "true";
      button.prepend(glyph, " ");
      button.type = "button";
      button.ariaPressed = "false";
      button.addEventListener("click", () => this.choose(button.ariaPressed === "true" ? "" : name, list));
      list.append(element("li", ""));
      list.lastChild.append(button);
    });
    return list;
  }

  choose(name, list) {
    this.highlight = name;
    for (const button of list.querySelectorAll("button")) button.ariaPressed = String(button.lastChild.data === name);
    this.view.signal("highlight", name).runAsync();
  }
}

for (const link of document.querySelectorAll("a[data-spec]")) {
  const figure = new InteractiveFigure(link);
  figure.show().catch((error) => {
    figure.legend.remove();
    figure.place.remove();
    console.error(error);
  });
}
