"use strict";
// Sorts and filters the tables of submissions. Without it the page says the same, in the order of the results.
// A cell may have its value for sorting in data-v; a cell of a column of numbers without one stays last.

const collator = new Intl.Collator("en", { numeric: true });

// What a row says, the words behind its signs included.
function wordsOf(row) {
  const labels = [...row.querySelectorAll("[aria-label]")].map((sign) => sign.getAttribute("aria-label"));
  return [row.textContent, ...labels].join(" ").toLowerCase();
}

function enliven(part) {
  const table = part.querySelector("table");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows].map((row) => ({ row, said: wordsOf(row) }));
  const filter = part.querySelector("input");
  const status = part.querySelector("[role=status]");
  let order = "";

  function say() {
    const shown = rows.filter(({ row }) => !row.hidden).length;
    status.textContent = `${shown} of ${rows.length} submissions are shown${order}`;
  }

  function match() {
    const wanted = filter.value.toLowerCase().split(/\s+/);
    for (const { row, said } of rows) row.hidden = !wanted.every((word) => said.includes(word));
    say();
  }

  function sort(head) {
    const up = head.getAttribute("aria-sort") !== "ascending";
    const numbers = head.dataset.sort === "number";
    const value = ({ row }) => {
      const cell = row.cells[head.cellIndex];
      if (!numbers) return cell.textContent;
      return cell.dataset.v === undefined ? null : Number(cell.dataset.v);
    };
    const keyed = rows.map((each) => ({ each, key: value(each) }));
    keyed.sort(({ key: a }, { key: b }) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return (numbers ? a - b : collator.compare(a, b)) * (up ? 1 : -1);
    });
    body.append(...keyed.map(({ each }) => each.row));
    for (const each of heads) each.removeAttribute("aria-sort");
    const direction = up ? "ascending" : "descending";
    head.setAttribute("aria-sort", direction);
    order = `, sorted by ${head.dataset.name}, ${direction}`;
    say();
  }

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head));
    head.append(button);
  }
  filter.addEventListener("input", match);
  filter.closest("[hidden]").hidden = false;
  match(); // a browser may have kept what was typed before the page was loaded again
}

document.querySelectorAll(".submissions").forEach(enliven);
