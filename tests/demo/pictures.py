"""The demo hunt's pictures, drawn by hand as SVG text.

Each function returns one static picture with its own background, so that it reads the same on a light and on a dark
page, and tells everything by shape or wording, never by colour alone. The puzzle's source file gives the same facts in
words. Called by :mod:`tests.demo.build` only.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

INK, PAPER, WARM, PLUM, SAND, SEA = "#2a2340", "#fdf6ec", "#d9573c", "#6f3d94", "#f2b56b", "#2f6f8f"
SERIF = "Georgia, 'DejaVu Serif', serif"


def picture(width: int, height: int, body: Iterable[str], ground: str = PAPER) -> str:
    """A whole SVG document of ``width`` × ``height`` with a ground of its own."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            f' font-family="{SERIF}">',
            f'<rect width="{width}" height="{height}" rx="16" fill="{ground}"/>',
            *body,
            "</svg>\n",
        ]
    )


def at(x: float, y: float, degrees: float, radius: float) -> tuple[float, float]:
    """The point ``radius`` away from (x, y), ``degrees`` clockwise from straight up."""
    turn = math.radians(degrees)
    return round(x + radius * math.sin(turn), 1), round(y - radius * math.cos(turn), 1)


def line(start: tuple[float, float], end: tuple[float, float], width: float, colour: str = INK) -> str:
    """A straight stroke with round ends."""
    (x1, y1), (x2, y2) = start, end
    ends = f'x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}" stroke-linecap="round"/>'


def text(x: float, y: float, words: str, size: int = 16, colour: str = INK, weight: str = "normal") -> str:
    """Words centred on (x, y)."""
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" font-weight="{weight}" text-anchor="middle"'
        f' dominant-baseline="central">{words}</text>'
    )


def clock(x: float, y: float, number: int, twelve: int, hands: tuple[int, int]) -> list[str]:
    """One clock: ``twelve`` is where its XII hangs, ``hands`` where its hands point, in degrees on the wall."""
    # No tick behind the numeral: the two would run together.
    free = [degrees for degrees in range(0, 360, 45) if degrees != twelve]
    ticks = [line(at(x, y, degrees, 60), at(x, y, degrees, 66), 2) for degrees in free]
    tip, left, right = at(x, y, twelve, 72), at(x, y, twelve - 9, 88), at(x, y, twelve + 9, 88)
    return [
        f'<circle cx="{x}" cy="{y}" r="70" fill="#ffffff" stroke="{INK}" stroke-width="5"/>',
        *ticks,
        f'<path d="M{tip[0]} {tip[1]}L{left[0]} {left[1]}L{right[0]} {right[1]}z" fill="{WARM}"/>',
        text(*at(x, y, twelve, 49), "XII", 15, INK, "bold"),
        *[line((x, y), at(x, y, degrees, 36), 7, PLUM) for degrees in hands],
        f'<circle cx="{x}" cy="{y}" r="7" fill="{INK}"/>',
        text(x, y + 112, str(number), 20, INK, "bold"),
    ]


def stopped_clocks(clocks: Sequence[tuple[int, tuple[int, int]]]) -> str:
    """A row of clocks, numbered from the left."""
    body: list[str] = []
    for place, (twelve, hands) in enumerate(clocks):
        body += clock(110 + 190 * place, 108, place + 1, twelve, hands)
    return picture(190 * len(clocks) + 30, 246, body)


def board(rows: Sequence[tuple[int, int]]) -> str:
    """Rows of empty boxes as (length, marked box from 1), shifted so that the marked boxes stand in one column."""
    left = max(marked for _, marked in rows)
    right = max(length - marked for length, marked in rows)
    body: list[str] = []
    for row, (length, marked) in enumerate(rows):
        y = 24 + 50 * row
        for box in range(1, length + 1):
            x = 26 + 44 * (left - marked + box - 1)
            width, ground = (5, SAND) if box == marked else (1.6, "#ffffff")
            place = f'x="{x}" y="{y}" width="40" height="42" rx="4"'
            body.append(f'<rect {place} fill="{ground}" stroke="{INK}" stroke-width="{width}"/>')
    return picture(52 + 44 * (left + right), 40 + 50 * len(rows), body)


def rope(x: int, number: int, code: str) -> list[str]:
    """One hanging rope: ``.`` is a knot, ``-`` a sleeve, read downwards from the hook."""
    body, y = [], 104
    for sign in code:
        height = 18 if sign == "." else 46
        ring = f'stroke="{INK}" stroke-width="4"'
        shape = (
            f'<circle cx="{x}" cy="{y + 9}" r="10" fill="{INK}"/>'
            if sign == "."
            else f'<rect x="{x - 9}" y="{y}" width="18" height="46" rx="4" fill="#fff" {ring}/>'
        )
        body.append(shape)
        y += height + 16
    return [
        line((x, 62), (x, y + 14), 4, "#9a6a34"),
        *body,
        f'<path d="M{x - 9} {y + 34}L{x} {y + 12}L{x + 9} {y + 34}z" fill="#9a6a34"/>',
        f'<circle cx="{x}" cy="54" r="22" fill="#ffffff" stroke="{INK}" stroke-width="3"/>',
        text(x, 54, str(number), 22, INK, "bold"),
    ]


def bell_ropes(ropes: Sequence[tuple[int, str]]) -> str:
    """Ropes side by side under a beam, as (number on the hook, code)."""
    body = [f'<rect x="20" y="18" width="{110 * len(ropes) + 20}" height="18" rx="6" fill="#9a6a34"/>']
    for place, (number, code) in enumerate(ropes):
        body += rope(85 + 110 * place, number, code)
    return picture(110 * len(ropes) + 60, 350, body)


def window(x: float, y: float, is_lit: bool) -> str:
    """One window: bright with a cross of bars when lit, dark with closed shutters when not."""
    if is_lit:
        return (
            f'<rect x="{x}" y="{y}" width="26" height="22" rx="3" fill="#ffe27a" stroke="{INK}" stroke-width="2"/>'
            f'<path d="M{x + 13} {y}v22M{x} {y + 11}h26" stroke="{INK}" stroke-width="1.5"/>'
        )
    slats = "".join(f"M{x + 4} {y + down}h18" for down in (5, 9, 13, 17))
    return (
        f'<rect x="{x}" y="{y}" width="26" height="22" rx="3" fill="{INK}" stroke="{INK}" stroke-width="2"/>'
        f'<path d="{slats}" stroke="#8f88a8" stroke-width="1.5"/>'
    )


def tower(floors: Sequence[set[int]]) -> str:
    """A tower by night. ``floors`` from the ground up: windows lit, 1-3 down the left side, 4-6 down the right."""
    height = 110 * len(floors) + 130
    ground = height - 30
    body = [f'<circle cx="{x}" cy="{y}" r="1.6" fill="#fff"/>' for x, y in ((40, 60), (70, 220), (370, 90), (350, 330))]
    body.append(
        f'<path d="M130 100L290 100L330 {ground}L90 {ground}z" fill="#efe6da" stroke="{SAND}" stroke-width="3"/>'
    )
    body.append('<path d="M150 100V66h120v34zM140 66L210 24l70 42z" fill="#c9b8e8" stroke="#fff" stroke-width="2"/>')
    body.append(text(210, 84, "∞", 34, INK, "bold"))
    for floor, lit in enumerate(floors):
        top = ground - 110 * (floor + 1) + 8
        lean = (ground - top - 100) * 40 / (ground - 100)
        body.append(line((92 + lean, top + 100), (328 - lean, top + 100), 2, "#a58f75"))
        body.append(text(60, top + 48, str(floor + 1), 24, "#ffffff", "bold"))
        for number in range(1, 7):
            column, row = divmod(number - 1, 3)
            body.append(window(176 + 42 * column, top + 6 + 29 * row, number in lit))
    return picture(420, height, body, "#1d2440")


def wind_rose(winds: Sequence[tuple[int, str, str]]) -> str:
    """Pairs of words on the spokes of a rose, as (degrees from north, outer word, inner word)."""
    x, y = 330.0, 300.0
    body = [
        f'<circle cx="{x}" cy="{y}" r="{r}" fill="none" stroke="#c9a36a" stroke-width="2"/>' for r in (60, 215, 280)
    ]
    for degrees, first, second in winds:
        tip = at(x, y, degrees, 118)
        side = [at(x, y, degrees + turn, 26) for turn in (-40, 40)]
        body.append(
            f'<path d="M{tip[0]} {tip[1]}L{side[0][0]} {side[0][1]}L{x} {y}L{side[1][0]} {side[1][1]}z" fill="{SEA}"/>'
        )
        label_x, label_y = at(x, y, degrees, 205)
        body.append(
            f'<rect x="{label_x - 66}" y="{label_y - 42}" width="132" height="84" rx="8" fill="#fff" stroke="{INK}"'
            ' stroke-width="2"/>'
        )
        body += [
            text(label_x, label_y - 26, f"{degrees:03d}°", 13, "#6b5a45"),
            text(label_x, label_y - 6, f"{first} ▢", 16, INK, "bold"),
            text(label_x, label_y + 20, f"▢ {second}", 16, INK, "bold"),
        ]
    body.append(f'<circle cx="{x}" cy="{y}" r="22" fill="{PAPER}" stroke="{INK}" stroke-width="3"/>')
    return picture(660, 600, [*body, text(x, y, "N↑", 15, INK, "bold")])


def panes(heights: Sequence[int]) -> str:
    """Numbered panes of whole heights with a smooth curve laid over their tops."""
    step, unit, floor = 48, 40, 330
    body = [
        line((50, floor - unit * mark), (60 + step * len(heights), floor - unit * mark), 1, "#d8c7ae")
        for mark in range(1, 8)
    ]
    body += [text(34, floor - unit * mark, str(mark), 15) for mark in range(1, 8)]
    tops = []
    for place, height in enumerate(heights):
        x, y = 58 + step * place, floor - unit * height
        body.append(
            f'<rect x="{x}" y="{y}" width="{step}" height="{unit * height}" fill="{SAND}" fill-opacity="0.55"'
            f' stroke="{INK}" stroke-width="1.6"/>'
        )
        body.append(text(x + step / 2, floor + 20, str(place + 1), 16, INK, "bold"))
        tops.append((x + step / 2, float(y)))
    body.append(f'<path d="{smooth(tops)}" fill="none" stroke="{WARM}" stroke-width="5" stroke-linecap="round"/>')
    return picture(58 + step * len(heights) + 24, floor + 46, body)


def smooth(points: Sequence[tuple[float, float]]) -> str:
    """An SVG path through all points that never swings past them: level at every peak, valley and terrace."""
    rises = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in itertools.pairwise(points)]
    middle = [2 * a * b / (a + b) if a * b > 0 else 0.0 for a, b in itertools.pairwise(rises)]
    slopes = [rises[0], *middle, rises[-1]]
    path = f"M{points[0][0]} {points[0][1]}"
    for place, ((x1, y1), (x2, y2)) in enumerate(itertools.pairwise(points)):
        third = (x2 - x1) / 3
        first, last = y1 + slopes[place] * third, y2 - slopes[place + 1] * third
        path += f"C{x1 + third} {first:.1f} {x2 - third} {last:.1f} {x2} {y2}"
    return path


def cape() -> str:
    """The title picture: a lighthouse on its cape, the beam a lying eight, the sea a long s."""
    loop = "M300 120C360 40 470 40 470 120S360 200 300 120S130 40 130 120S240 200 300 120z"
    return picture(
        600,
        330,
        [
            '<defs><linearGradient id="dusk" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#3b2a63"/>'
            '<stop offset="0.55" stop-color="#d9573c"/><stop offset="1" stop-color="#f7c873"/></linearGradient></defs>',
            '<rect width="600" height="330" rx="16" fill="url(#dusk)"/>',
            f'<path d="{loop}" fill="none" stroke="#ffe9b8" stroke-width="16" stroke-opacity="0.85"/>',
            '<path d="M0 262C90 244 150 280 240 262S400 244 470 266S560 262 600 254V314a16 16 0 0 1-16 16H16a16 16 0 0'
            ' 1-16-16z" fill="#234a63"/>',
            '<path d="M190 330C220 262 262 246 300 246S384 262 414 330z" fill="#2a2340"/>',
            '<path d="M282 140h36l12 112h-60z" fill="#fdf6ec"/>',
            '<path d="M279 168h42l3 26h-48zM273 220h54l3 26h-60z" fill="#d9573c"/>',
            '<path d="M284 140V106h32v34zM278 106L300 84l22 22z" fill="#2a2340"/>',
            '<circle cx="300" cy="122" r="11" fill="#ffe9b8"/>',
            '<path d="M536 60c-18-12-26 2-28 22l-12 96c-2 20-10 34-28 22" fill="none" stroke="#ffe9b8" stroke-width="7"'
            ' stroke-linecap="round"/>',
            '<path d="M60 92c8-8 14-8 18 0c4-8 10-8 18 0M90 66c6-6 11-6 14 0c3-6 8-6 14 0" fill="none" stroke="#fdf6ec"'
            ' stroke-width="3" stroke-linecap="round"/>',
        ],
    )
