"use strict";
// The page is complete without this script, which sorts the tables and saves them as CSV.
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
  const body = table.tBodies[0];
  const rows = [...body.rows].sort((a, b) => direction * order(value(a.cells[column]), value(b.cells[column])));
  body.append(...rows);
}

function csv(table) {
  const field = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [...table.rows].map((row) => [...row.cells].map((cell) => field(value(cell))).join(",") + "\n").join("");
}

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

for (const table of document.querySelectorAll("table")) {
  [...table.tHead.rows[0].cells].forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent;
    button.addEventListener("click", () => sort(table, column, header));
    header.dataset.v = header.textContent;
    header.replaceChildren(button);
  });
  if (!table.dataset.file) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = `Save this table as ${table.dataset.file}`;
  button.addEventListener("click", () => save(table.dataset.file, csv(table)));
  const tools = document.createElement("div");
  tools.className = "tools";
  tools.append(button);
  table.closest(".scroll").before(tools);
}
