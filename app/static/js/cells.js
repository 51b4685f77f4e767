// Tables and lists as cells of a spreadsheet. Reads only nodeType, tagName, childNodes, getAttribute and textContent, so
// that it can be tested without a browser; touches no page and no clipboard.

const SILENT = new Set(["SCRIPT", "STYLE", "TEMPLATE", "COLGROUP"]);
const LISTS = new Set(["UL", "OL"]);
const BLOCKS = new Set(["P", "DIV", "LI", "UL", "OL", "TABLE", "TR", "DL", "DT", "DD", "BLOCKQUOTE", "PRE", "FIGURE"]);
const ROW_GROUPS = new Set(["THEAD", "TBODY", "TFOOT"]);
const LARGEST_SPAN = 1000; // what HTML itself allows a column span to be

const nameOf = (node) => (node.nodeType === 1 ? node.tagName.toUpperCase() : "");
const childrenOf = (node) => [...node.childNodes].filter((child) => child.nodeType === 1);

function rawText(node, skip) {
  if (node.nodeType === 3) return node.textContent.replace(/\s+/gu, " ");
  const name = nameOf(node);
  if (!name || SILENT.has(name) || skip.has(name)) return "";
  if (name === "IMG") return node.getAttribute("alt") ?? "";
  if (name === "BR") return "\n";
  const inside = [...node.childNodes].map((child) => rawText(child, skip)).join("");
  return BLOCKS.has(name) ? `\n${inside}\n` : inside;
}

// The text of a node as a reader sees it: one space for any white space, an image as its alternative text, a line break
// where a line or a paragraph ends. `skip` names the elements to leave out.
export function textOf(node, skip = new Set()) {
  return rawText(node, skip)
    .split("\n")
    .map((line) => line.replace(/ +/gu, " ").trim())
    .filter(Boolean)
    .join("\n");
}

function spanOf(cell, attribute) {
  const span = Number.parseInt(cell.getAttribute(attribute) ?? "1", 10);
  return Number.isNaN(span) || span < 0 ? 1 : Math.min(span, LARGEST_SPAN);
}

function rowsOf(table) {
  return childrenOf(table).flatMap((child) => {
    if (nameOf(child) === "TR") return [child];
    return ROW_GROUPS.has(nameOf(child)) ? childrenOf(child).filter((row) => nameOf(row) === "TR") : [];
  });
}

// A table as rows of equally many cells. A cell that spans several places stands in the first of them; the others are
// empty, so that everything below and to the right stays in its column.
export function gridOf(table) {
  const rows = rowsOf(table);
  const grid = rows.map(() => []);
  rows.forEach((row, y) => {
    let x = 0;
    for (const cell of childrenOf(row)) {
      if (nameOf(cell) !== "TD" && nameOf(cell) !== "TH") continue;
      while (grid[y][x] !== undefined) x += 1;
      const wide = Math.max(1, spanOf(cell, "colspan"));
      const high = spanOf(cell, "rowspan") || rows.length;
      for (let down = y; down < Math.min(y + high, rows.length); down += 1) {
        for (let right = x; right < x + wide; right += 1) grid[down][right] ??= "";
      }
      grid[y][x] = textOf(cell);
      x += wide;
    }
  });
  return squared(grid);
}

function squared(grid) {
  const width = Math.max(0, ...grid.map((row) => row.length));
  return grid.map((row) => Array.from({ length: width }, (_, x) => row[x] ?? ""));
}

function itemRows(list, depth) {
  return childrenOf(list)
    .filter((item) => nameOf(item) === "LI")
    .flatMap((item) => {
      const text = textOf(item, LISTS);
      const own = text ? [[...Array(depth).fill(""), text]] : [];
      return [...own, ...nestedLists(item).flatMap((nested) => itemRows(nested, depth + 1))];
    });
}

function nestedLists(node) {
  return childrenOf(node).flatMap((child) => (LISTS.has(nameOf(child)) ? [child] : nestedLists(child)));
}

// A list as a column of cells, a list within it one column further to the right.
export function listRows(list) {
  return squared(itemRows(list, 0));
}

// The outermost tables and lists below a node, in reading order, each as its cells.
export function gridsIn(node) {
  return childrenOf(node).flatMap((child) => {
    if (nameOf(child) === "TABLE") return [gridOf(child)];
    if (LISTS.has(nameOf(child))) return [listRows(child)];
    return gridsIn(child);
  });
}

// Several grids below each other, an empty row between.
export function stacked(grids) {
  const rows = grids.filter((grid) => grid.length > 0).flatMap((grid, at) => (at ? [[""], ...grid] : grid));
  return squared(rows);
}

function tsvCell(text) {
  return /["\t\n\r]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// Cells as spreadsheets paste plain text: tabs and line ends, quoted where a cell holds one of them.
export function toTsv(grid) {
  return grid.map((row) => row.map(tsvCell).join("\t")).join("\n");
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\n", "<br>");
}

// The same cells as a table, for spreadsheets that prefer it.
export function toHtml(grid) {
  const row = (cells) => `<tr>${cells.map((text) => `<td>${escaped(text)}</td>`).join("")}</tr>`;
  return `<table>${grid.map(row).join("")}</table>`;
}
