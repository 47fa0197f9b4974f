"use strict";
// The page is complete without this script.  It sorts tables, shows the numbers of the pictures to the pointer, to the keyboard and to
// screen readers, highlights the series that the legend names, and zooms along steps and epochs.
const make = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });

// ---- tables
const value = (cell) => cell.dataset.v ?? cell.textContent;

function order(a, b) {
  const [x, y] = [Number(a), Number(b)];
  if (a === "" || b === "") return (a === "") - (b === "");
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
}

function sort(table, column, header) {
  const direction = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows].sort((a, b) => direction * order(value(a.cells[column]), value(b.cells[column])));
  table.tBodies[0].append(...rows);
}

for (const table of document.querySelectorAll("table")) {
  [...table.tHead.rows[0].cells].forEach((header, column) => {
    const button = make("button", "", header.textContent);
    button.type = "button";
    button.addEventListener("click", () => sort(table, column, header));
    header.replaceChildren(button);
  });
}

// ---- the hint, which a screen reader also reads out
const hint = make("div", "hint");
hint.setAttribute("role", "status");
hint.hidden = true;
document.body.append(hint);

function showHint(text, x, y) {
  hint.hidden = false;
  hint.textContent = text;
  const left = x + 14 + hint.offsetWidth > innerWidth ? x - 14 - hint.offsetWidth : x + 14;
  hint.style.left = `${Math.max(4, left)}px`;
  hint.style.top = `${Math.max(4, Math.min(y + 14, innerHeight - hint.offsetHeight - 4))}px`;
}

// ---- pictures
const pairs = (text) => [...text.matchAll(/(-?[\d.]+)[ ,](-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);

// The points of a picture, series by series, as they lie now.
function pointsOf(svg) {
  return [...svg.querySelectorAll(".series")].map((series) => {
    const points = [];
    for (const one of series.querySelectorAll(".mark, .part, [data-hints]")) {
      if (one.dataset.hints) {
        const name = one.matches(".dots") || !series.dataset.name ? "" : `${series.dataset.name}, `;
        const places = pairs(one.getAttribute(one.matches(".dots") ? "d" : "points"));
        one.dataset.hints.split("|").forEach((text, i) => points.push({ series, x: places[i][0], y: places[i][1], text: name + text }));
      } else if (one.matches(".part")) {
        const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(one.getAttribute(name)));
        points.push({ series, x: x + width / 2, y: y + height / 2, half: width / 2, text: one.textContent });
      } else {
        const [[x, y]] = pairs(one.getAttribute("transform"));
        points.push({ series, x, y, text: one.textContent });
      }
    }
    return points;
  }).filter((points) => points.length > 0);
}

function onScreen(svg, x, y) {
  const place = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
  return [place.x, place.y];
}

const distance = (point, x, y) => Math.hypot(Math.max(0, Math.abs(point.x - x) - (point.half ?? 0)), point.y - y);

function mark(svg, point) {
  for (const old of svg.querySelectorAll(".here")) old.remove();
  svg.classList.toggle("pointed", Boolean(point));
  for (const series of svg.querySelectorAll(".series")) series.classList.toggle("strong", series === point?.series);
  if (!point) {
    hint.hidden = true;
    return;
  }
  if (!point.half) {
    const ring = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    for (const [name, of] of [["class", "here"], ["cx", point.x], ["cy", point.y], ["r", 6]]) ring.setAttribute(name, of);
    svg.append(ring);
  }
  showHint(point.text, ...onScreen(svg, point.x, point.y));
}

function follow(svg) {
  svg.addEventListener("pointermove", (event) => {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const points = pointsOf(svg).flat();
    const nearest = points.reduce((best, one) => (best && distance(best, place.x, place.y) <= distance(one, place.x, place.y) ? best : one), null);
    mark(svg, nearest && distance(nearest, place.x, place.y) < 24 ? nearest : null);
  });
  svg.addEventListener("pointerleave", () => mark(svg, null));
}

// Arrow keys go from point to point and from series to series.
function steer(svg) {
  let [series, place] = [0, -1];
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("role", "application");
  svg.setAttribute("aria-roledescription", "chart; arrow keys read its points");
  svg.addEventListener("blur", () => mark(svg, null));
  svg.addEventListener("keydown", (event) => {
    const lines = pointsOf(svg);
    if (lines.length === 0) return;
    const keys = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    if (keys[event.key]) {
      series = (series + keys[event.key][0] + lines.length) % lines.length;
      place = Math.max(0, Math.min(place + keys[event.key][1], lines[series].length - 1));
    } else if (event.key === "Home" || event.key === "End") {
      place = event.key === "Home" ? 0 : lines[series].length - 1;
    } else if ("+-0".includes(event.key) && svg.dataset.zoom) {
      zoom(svg, { "+": 2, "-": 0.5, 0: 0 }[event.key], place < 0 ? undefined : lines[series][place].x);
      place = Math.min(place, lines[series].length - 1);
    } else {
      return;
    }
    event.preventDefault();
    const point = pointsOf(svg)[series][Math.max(0, place)];
    if (point) mark(svg, point);
  });
}

// ---- zoom along the x axis: the picture's own coordinates are stretched between the ends of its axis
const views = new WeakMap();

function niceTicks(low, high, isLog) {
  if (isLog && high > 8 * low) {
    const ticks = [];
    for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10) ticks.push(power, 2 * power, 5 * power);
    const inside = ticks.filter((one) => one >= low && one <= high);
    return inside.length > 8 ? inside.filter((one) => /^1/.test(one.toExponential())) : inside;
  }
  const power = 10 ** Math.floor(Math.log10((high - low) / 4));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((one) => one >= (high - low) / 6);
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high; ++i) ticks.push(Number((i * step).toPrecision(6)));
  return ticks;
}

function drawTicks(view) {
  const { isLog, low, high, left, right, scale, shift, group } = view;
  const valueAt = (x) => {
    const share = ((x - left + shift) / scale) / (right - left);
    return isLog ? low * (high / low) ** share : low + (high - low) * share;
  };
  const placeOf = (one) => left + (right - left) * scale * (isLog ? Math.log(one / low) / Math.log(high / low) : (one - low) / (high - low)) - shift;
  const [line, text] = ["line", "text"].map((tag) => group.querySelector(tag).cloneNode(true));
  group.replaceChildren(...niceTicks(valueAt(left), valueAt(right), isLog).flatMap((one) => {
    const [tick, label] = [line.cloneNode(), text.cloneNode()];
    const x = placeOf(one).toFixed(1);
    for (const name of ["x1", "x2"]) tick.setAttribute(name, x);
    label.setAttribute("x", x);
    label.textContent = String(one);
    return [tick, label];
  }));
  if (group.childElementCount === 0) group.append(line, text);
}

function viewOf(svg) {
  if (views.has(svg)) return views.get(svg);
  const [scaleName, ...numbers] = svg.dataset.zoom.split(" ");
  const [low, high, left, right] = numbers.map(Number);
  const group = svg.querySelector(".ticks");
  const whole = [...group.children];
  const moved = [...svg.querySelectorAll(".series [points], .series .mark, .series .dots, .series line")].map((one) => {
    const name = ["points", "transform", "d"].find((attribute) => one.hasAttribute(attribute) && (attribute !== "d" || one.matches(".dots")));
    return { one, name, was: name ? one.getAttribute(name) : [one.getAttribute("x1"), one.getAttribute("x2")] };
  });
  const clip = document.createElementNS("http://www.w3.org/2000/svg", "clipPath");
  clip.id = `${svg.id}-clip`;
  clip.innerHTML = `<rect x="${left}" y="0" width="${right - left}" height="${svg.viewBox.baseVal.height}"></rect>`;
  svg.prepend(clip);
  for (const series of svg.querySelectorAll(".series")) series.setAttribute("clip-path", `url(#${clip.id})`);
  const view = { isLog: scaleName === "log", low, high, left, right, scale: 1, shift: 0, group, whole, moved };
  views.set(svg, view);
  return view;
}

// Stretches by a factor around a place; 0 shows the whole axis again.
function zoom(svg, factor, around, drag = 0) {
  const view = viewOf(svg);
  const { left, right, moved } = view;
  const width = right - left;
  const middle = around ?? (left + right) / 2;
  const scale = factor === 0 ? 1 : Math.max(1, Math.min(256, view.scale * factor));
  const fixed = (middle - left + view.shift) / view.scale;
  view.shift = Math.max(0, Math.min(width * (scale - 1), fixed * scale - (middle - left) - drag));
  view.scale = scale;
  const place = (x) => (left + (Number(x) - left) * scale - view.shift).toFixed(1);
  for (const { one, name, was } of moved) {
    if (!name) ["x1", "x2"].forEach((end, i) => one.setAttribute(end, place(was[i])));
    else one.setAttribute(name, was.replace(/(-?[\d.]+)([ ,])(-?[\d.]+)/g, (_, x, between, y) => place(x) + between + y));
  }
  if (scale === 1) view.group.replaceChildren(...view.whole);
  else drawTicks(view);
}

function letZoom(figure) {
  const zoomed = [...figure.querySelectorAll("svg[data-zoom]")];
  if (zoomed.length === 0) return;
  const tools = make("p", "tools zooms");
  for (const [text, factor] of [["Zoom in", 2], ["Zoom out", 0.5], ["Show all", 0]]) {
    const button = make("button", "", text);
    button.type = "button";
    button.addEventListener("click", () => zoomed.forEach((svg) => zoom(svg, factor)));
    tools.append(button);
  }
  figure.querySelector(".panels").before(tools);
  for (const svg of zoomed) {
    const at = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse()).x;
    svg.addEventListener("wheel", (event) => {  // only with Shift, so that the page still scrolls
      if (!event.shiftKey) return;
      event.preventDefault();
      zoom(svg, event.deltaY + event.deltaX < 0 ? 1.25 : 0.8, at(event));
    }, { passive: false });
    let from = null;
    svg.addEventListener("pointerdown", (event) => { from = event.shiftKey ? at(event) : null; });
    svg.addEventListener("pointermove", (event) => {
      if (from === null || !event.buttons) return;
      zoom(svg, 1, undefined, at(event) - from);
      from = at(event);
    });
    svg.addEventListener("dblclick", () => zoom(svg, 0));
  }
}

// ---- the legend's names are buttons
function letHighlight(figure) {
  const buttons = [...figure.querySelectorAll(".legend li")].map((entry) => {
    const button = make("button", "", entry.textContent);
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    entry.replaceChildren(button);
    return button;
  });
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const chosen = button.getAttribute("aria-pressed") === "false" ? button.textContent : null;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other.textContent === chosen));
      for (const series of figure.querySelectorAll(".series")) {
        series.classList.toggle("faint", chosen !== null && series.dataset.name !== "" && series.dataset.name !== chosen);
      }
    });
  }
}

for (const figure of document.querySelectorAll("figure")) {
  letHighlight(figure);
  letZoom(figure);
  for (const svg of figure.querySelectorAll("svg")) {
    follow(svg);
    steer(svg);
  }
}
