// Copying for a spreadsheet: what a table or a list becomes as cells. The elements here are plain objects with the few
// properties that cells.js reads.

import assert from "node:assert/strict";
import { test } from "node:test";

import { gridOf, gridsIn, listRows, stacked, textOf, toHtml, toTsv } from "../../app/static/js/cells.js";

const text = (content) => ({ nodeType: 3, textContent: content });

function h(tagName, ...rest) {
  const hasAttributes = rest[0] && typeof rest[0] === "object" && rest[0].nodeType === undefined;
  const attributes = hasAttributes ? rest.shift() : {};
  return {
    nodeType: 1,
    tagName,
    childNodes: rest.map((child) => (typeof child === "string" ? text(child) : child)),
    getAttribute: (name) => attributes[name] ?? null,
  };
}

const row = (...cells) => h("tr", ...cells.map((cell) => (typeof cell === "string" ? h("td", cell) : cell)));

test("a plain table keeps its rows and columns", () => {
  const table = h("table", h("thead", row("A", "B")), h("tbody", row("1", "2")));
  assert.deepEqual(gridOf(table), [["A", "B"], ["1", "2"]]);
});

test("a cell over two columns leaves the second one empty", () => {
  const table = h("table", row(h("td", { colspan: "2" }, "wide"), "c"), row("1", "2", "3"));
  assert.deepEqual(gridOf(table), [["wide", "", "c"], ["1", "2", "3"]]);
});

test("a cell over two rows pushes the next row's cells to the right", () => {
  const table = h("table", row(h("td", { rowspan: "2" }, "tall"), "b"), row("c"));
  assert.deepEqual(gridOf(table), [["tall", "b"], ["", "c"]]);
});

test("a cell over rows and columns keeps a rectangle free", () => {
  const table = h("table", row(h("td", { rowspan: "2", colspan: "2" }, "x"), "b"), row("c"), row("d", "e", "f"));
  assert.deepEqual(gridOf(table), [["x", "", "b"], ["", "", "c"], ["d", "e", "f"]]);
});

test("a row span of zero reaches the end of the table", () => {
  const table = h("table", row(h("td", { rowspan: "0" }, "all"), "1"), row("2"), row("3"));
  assert.deepEqual(gridOf(table), [["all", "1"], ["", "2"], ["", "3"]]);
});

test("absurd spans are held within what HTML allows", () => {
  const table = h("table", row(h("td", { colspan: "999999999", rowspan: "-4" }, "x")), row("y"));
  const grid = gridOf(table);
  assert.equal(grid.length, 2);
  assert.equal(grid[0].length, 1000);
});

test("rows of unequal length are filled up", () => {
  assert.deepEqual(gridOf(h("table", row("a"), row("b", "c"))), [["a", ""], ["b", "c"]]);
});

test("an image stands for its alternative text", () => {
  const cell = h("td", "flag: ", h("img", { alt: "France" }), h("img", {}));
  assert.equal(textOf(cell), "flag: France");
});

test("white space is one space, and a line break a new line", () => {
  assert.equal(textOf(h("td", "  a\n   b ", h("br"), " c\u00a0")), "a b\nc");
});

test("paragraphs within a cell become lines", () => {
  assert.equal(textOf(h("td", h("p", "one"), h("p", "two"))), "one\ntwo");
});

test("script and style are not text", () => {
  assert.equal(textOf(h("td", "x", h("script", "alert(1)"), h("style", "td{}"))), "x");
});

test("a list within a list stands one column to the right", () => {
  const list = h("ol", h("li", "fruit", h("ul", h("li", "apple"), h("li", "pear", h("ul", h("li", "Conference"))))), h("li", "bread"));
  assert.deepEqual(listRows(list), [
    ["fruit", "", ""],
    ["", "apple", ""],
    ["", "pear", ""],
    ["", "", "Conference"],
    ["bread", "", ""],
  ]);
});

test("only the outermost tables and lists are taken, in reading order", () => {
  const inner = h("table", row("inner"));
  const sheet = h("div", h("ul", h("li", "first")), h("section", h("table", row(h("td", inner)))), h("p", "no cells"));
  assert.deepEqual(gridsIn(sheet), [[["first"]], [["inner"]]]);
});

test("grids are stacked with an empty row between them", () => {
  assert.deepEqual(stacked([[["a", "b"]], [], [["c"]]]), [["a", "b"], ["", ""], ["c", ""]]);
});

test("plain text is quoted only where a cell holds a tab, a line end or a quote", () => {
  assert.equal(toTsv([["a", 'say "hi"'], ["two\nlines", "tab\there"]]), 'a\t"say ""hi"""\n"two\nlines"\t"tab\there"');
});

test("the copied table is text, whatever the cells hold", () => {
  assert.equal(toHtml([["<b>&", "x\ny"]]), "<table><tr><td>&lt;b&gt;&amp;</td><td>x<br>y</td></tr></table>");
});
