"""Small text tables with every oddity, each with the cells that it should be cut into."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
from dataclasses import dataclass

HEADER = ["name", "born", "height", "note"]
ROWS = [
    ["Ann", "1990-01-31", "1.71", "likes tea"],
    ["Bob", "1985-12-01", "1.8", "two words"],
    ["Cy", "2001-07-15", "1.65", ""],
    ["Dee", "1999-02-28", "1.9", "x"],
    ["Eve", "1978-11-05", "2.01", "no more"],
]
COMMA_ROWS = [[cell.replace(".", ",") for cell in row] for row in ROWS]


@dataclass(frozen=True)
class Case:
    name: str
    content: bytes
    cells: list[list[str]]
    delimiter: str | None = None
    header: int = 1
    encoding: str | None = None


def text(rows: list[list[str]], delimiter: str = ",", end: str = "\n", quote: str = '"', always: bool = False) -> str:
    """Rows as text, for delimiters of any length."""

    def cell(value: str) -> str:
        if quote and (always or delimiter in value or quote in value or "\n" in value):
            return quote + value.replace(quote, quote * 2) + quote
        return value

    return "".join(delimiter.join(map(cell, row)) + end for row in rows)


def cases() -> list[Case]:
    return [*_delimiters(), *_encodings(), *_ends(), *_quotes(), *_structures(), *_headers(), *_ragged(), *_small()]


def _delimiters() -> list[Case]:
    found = []
    for delimiter in (
        ",",
        ";",
        "\t",
        "|",
        "^",
        "~",
        ":",
        "||",
        "::",
        ";;",
        "~|~",
        "|~|",
        ", ",
        "; ",
        " | ",
        "\x1f",
        "\x01",
        "§",
    ):
        found.append(
            Case(f"delimiter {delimiter!r}", text([HEADER, *ROWS], delimiter).encode(), [HEADER, *ROWS], delimiter)
        )
        found.append(Case(f"delimiter {delimiter!r}, quoted", text([HEADER, *ROWS], delimiter, always=True).encode(),
                          [HEADER, *ROWS], delimiter))  # fmt: skip
    for delimiter in (";", "\t", "|"):
        found.append(Case(f"decimal comma, {delimiter!r}", text([HEADER, *COMMA_ROWS], delimiter).encode(),
                          [HEADER, *COMMA_ROWS], delimiter))  # fmt: skip
        numbers = [["a", "b", "c"], ["1,5", "2", "3,25"], ["2,5", "4", "0,5"], ["7,125", "8", "9,5"]]
        found.append(
            Case(f"decimal comma numbers, {delimiter!r}", text(numbers, delimiter).encode(), numbers, delimiter)
        )
        grouped = [["a", "b"], ["1.234,50", "x"], ["12.345.678,00", "y"], ["7,25", "z"]]
        found.append(Case(f"grouped numbers, {delimiter!r}", text(grouped, delimiter).encode(), grouped, delimiter))
    spaces = [["1.5", "2", "-3"], ["4", "5.25", "6"], ["7", "8", "9e3"]]
    found.append(Case("spaces", text(spaces, " ").encode(), spaces, " ", header=0))
    found.append(Case("many spaces", b"  1.5   2  -3\n    4 5.25   6\n  7     8  9e3\n", spaces, " ", header=0))
    return found


_TEXTS = {
    "western": ["Zürich", "Málaga", "Besançon", "Århus"],
    "russian": ["Москва", "Казань", "Новосибирск", "Екатеринбург"],
    "japanese": ["東京は大きい", "大阪のたこやき", "サッポロ", "ひらがなとカタカナ"],
    "chinese": ["北京是中国的首都", "上海浦东机场", "广州天河区", "重庆火锅很好吃", "我们爱学习"],
    "taiwanese": ["臺北市中正區", "高雄港灣旅館", "國立臺灣大學", "這裡有許多餐廳"],
    "korean": ["서울특별시", "부산광역시", "대한민국", "안녕하세요"],
}
_ENCODINGS = {
    "western": ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"],
    "russian": ["utf-8", "utf-16", "cp1251", "koi8_r"],
    "japanese": ["utf-8", "utf-16", "cp932", "euc_jp", "iso2022_jp"],
    "chinese": ["utf-8", "gb18030", "gb2312"],
    "taiwanese": ["utf-8", "big5"],
    "korean": ["utf-8", "cp949", "euc_kr"],
}


def _encodings() -> list[Case]:
    found = []
    for language, words in _TEXTS.items():
        rows = [["id", "word", "n"], *([str(i + 1), word, f"{i}.5"] for i, word in enumerate(words * 3))]
        for encoding, delimiter in itertools.product(_ENCODINGS[language], (",", ";")):
            name = f"{language} in {encoding}, {delimiter!r}"
            found.append(Case(name, text(rows, delimiter).encode(encoding), rows, delimiter, encoding=encoding))
    late = [["id", "word"], *([str(i), "plain text"] for i in range(30_000)), ["x", "Zürich"]]
    found.append(Case("first accent far behind", text(late).encode("cp1252"), late, ","))
    return found


def _ends() -> list[Case]:
    found = []
    for (name, end), delimiter in itertools.product((("lf", "\n"), ("crlf", "\r\n"), ("cr", "\r")), (",", "\t")):
        whole = text([HEADER, *ROWS], delimiter, end)
        for last, content in (
            ("", whole),
            (", no last end", whole[: -len(end)]),
            (", blank lines behind", whole + end * 3),
        ):
            found.append(Case(f"{name} {delimiter!r}{last}", content.encode(), [HEADER, *ROWS], delimiter))
    found.append(Case("mixed ends", b"a,b\r\n1,2\n3,4\r\n5,6\n", [["a", "b"], ["1", "2"], ["3", "4"], ["5", "6"]], ","))
    found.append(Case("blank lines amid", b"a,b\n\n1,2\n\n3,4\n\n", [["a", "b"], ["1", "2"], ["3", "4"]], ","))
    return found


def _quotes() -> list[Case]:
    odd = [
        ["k", "v", "n"],
        ["a, b", 'he said "no"', "1"],
        ["line\nbreak", "; and |", "2"],
        ["", "''", "3"],
        ["x", "y", "4"],
    ]
    found = [Case(f"odd cells {d!r}", text(odd, d).encode(), odd, d) for d in (",", ";", "\t", "|")]
    found += [Case(f"odd cells {d!r}, crlf", text(odd, d, "\r\n").encode(), odd, d) for d in (",", ";")]
    found += [Case(f"odd cells {d!r}, all quoted", text(odd, d, always=True).encode(), odd, d) for d in (",", ";")]
    single = [["k", "v"], ["a, b", "1"], ["c, d", "2"], ["it's", "3"]]
    found.append(Case("single quotes", text(single, ",", quote="'", always=True).encode(), single, ","))
    slashes = [["k", "v"], ['say "hi", now', "1"], ["plain", "2"], ['"', "3"]]
    escaped = 'k,v\n"say \\"hi\\", now",1\nplain,2\n"\\"",3\n'
    found.append(Case("backslash escapes", escaped.encode(), slashes, ","))
    inches = [["size", "n"], ['5" pipe', "1"], ['6" pipe', "2"], ["7 pipe", "3"]]
    found.append(Case("quotes as inches", b'size;n\n5" pipe;1\n6" pipe;2\n7 pipe;3\n', inches, ";"))
    swallow = [["a", "b"], ["1", '"x'], ["2", "y"], ["3", "z"]]
    found.append(Case("a quote that never closes", b'a,b\n1,"x\n2,y\n3,z\n', swallow, ","))
    long = [["k", "v"], ["x" * 200_000, "1"], ["y", "2"]]
    found.append(Case("a very long cell", text(long).encode(), long, ","))
    return found


def _structures() -> list[Case]:
    table = [HEADER, *ROWS]
    found = []
    preambles = {
        "title": "Our people\n",
        "title and blank": "Our people\n\n",
        "several lines": "Our people\nMade on 2024-01-01\nby hand\n\n",
        "comments": "# Our people\n# made by hand\n",
        "blank first": "\n\n",
    }
    for (name, before), delimiter in itertools.product(preambles.items(), (",", ";", "\t")):
        found.append(
            Case(f"preamble {name} {delimiter!r}", (before + text(table, delimiter)).encode(), table, delimiter)
        )
    for delimiter in (",", ";"):
        padded = f"Our people{delimiter * 3}\n{delimiter * 3}\n"
        found.append(
            Case(f"padded preamble {delimiter!r}", (padded + text(table, delimiter)).encode(), table, delimiter)
        )
    footers = {
        "source": "Source: our books\n",
        "blank and source": "\nSource: our books\n",
        "two lines": "\nSource: us\nAll rights\n",
    }
    for (name, behind), delimiter in itertools.product(footers.items(), (",", ";", "\t")):
        found.append(Case(f"footer {name} {delimiter!r}", (text(table, delimiter) + behind).encode(), table, delimiter))
    found.append(Case("preamble and footer", f"Title\n\n{text(table)}\nSource: us\n".encode(), table, ","))
    found.append(Case("sep line", b"sep=;\r\n" + text(table, ";").encode(), table, ";"))
    found.append(Case("gzip", gzip.compress(text(table).encode()), table, ","))
    return found


def _headers() -> list[Case]:
    numbers = [["1", "2.5", "a"], ["2", "3.5", "b"], ["3", "4.5", "c"], ["4", "5.5", "d"]]
    found = [Case(f"no header {d!r}", text(numbers, d).encode(), numbers, d, header=0) for d in (",", ";", "\t", "|")]
    dates = [["2024-01-01", "x", "1.5"], ["2024-01-02", "y", "2.5"], ["2024-01-03", "z", "3.5"]]
    found.append(Case("no header, dates", text(dates).encode(), dates, ",", header=0))
    words = [["first", "last"], ["Ann", "Lee"], ["Bob", "Ray"], ["Cy", "Poe"]]
    found.append(Case("words only", text(words).encode(), words, ","))
    years = [["land", "1990", "1991", "1992"], ["France", "1.5", "2.5", "3"], ["Spain", "2.5", "3.5", "4"]]
    found.append(Case("years as names", text(years).encode(), years, ","))
    two = [["", "a", "b"], ["", "kg", "cm"], ["u", "1", "2"], ["v", "3", "4"], ["w", "5", "6"], ["x", "7", "8"]]
    joined = [["", "a kg", "b cm"], *two[2:]]
    found.append(Case("two header rows", text(two).encode(), joined, ",", header=2))
    found.append(Case("one row of values", b"a,b,c\n1,2,3\n", [["a", "b", "c"], ["1", "2", "3"]], ","))
    quoted = [["id", "v"], ["1", "2"], ["3", "4"]]
    found.append(Case("quoted numbers", text(quoted, always=True).encode(), quoted, ","))
    doubles = [["a", "a", "b"], ["1", "2", "x"], ["3", "4", "y"]]
    found.append(Case("doubled names", text(doubles).encode(), doubles, ","))
    index = [["", "a", "b"], ["0", "1.5", "x"], ["1", "2.5", "y"], ["2", "3.5", "z"]]
    found.append(Case("an index without a name", text(index).encode(), index, ","))
    return found


def _ragged() -> list[Case]:
    short = [["a", "b", "c"], ["1", "2", "3"], ["4", "5", ""], ["6", "7", "8"], ["9", "", ""]]
    found = [Case("short rows", b"a,b,c\n1,2,3\n4,5\n6,7,8\n9\n", [*short[:4], *short[4:]], ",")]
    long = [["a", "b", "c", ""], ["1", "2", "3", ""], ["4", "5", "6", "7"], ["8", "9", "10", ""]]
    found.append(Case("a long row", b"a,b,c\n1,2,3\n4,5,6,7\n8,9,10\n", long, ","))
    trailing = [["a", "b", "c"], ["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"]]
    found.append(Case("delimiters at the end", b"a,b,c\n1,2,3,\n4,5,6,\n7,8,9,\n", trailing, ","))
    found.append(Case("delimiters at the end of all", b"a,b,c,\n1,2,3,\n4,5,6,\n7,8,9,\n", trailing, ","))
    return found


def _small() -> list[Case]:
    one = [["v"], ["1.5"], ["2.5"], ["3.5"]]
    found = [Case("one column", b"v\n1.5\n2.5\n3.5\n", one)]
    marks = {
        "missing words": [["a", "b"], ["1", "NA"], ["n/a", "x"], ["", "y"], ["-", "?"]],
        "leading zeros": [["zip", "v"], ["01234", "1"], ["99999", "2"], ["00001", "3"]],
        "big numbers": [["n", "v"], ["12345678901234567890123", "1"], ["3", "2"], ["4", "3"]],
        "numbers as written": [["n", "v"], ["1.50", "1e5"], ["+2", "1E-05"], ["-.5", "007"], ["0.10", "5"]],
        "dates as written": [["d", "v"], ["31.12.2024", "1"], ["1.1.2025", "2"], ["02.03.2025", "3"]],
        "times": [["t", "v"], ["12:30", "1"], ["12:31:15", "2"], ["13:00", "3"]],
        "addresses": [["url", "v"], ["https://a.example/x?y=1,2", "1"], ["me@b.example", "2"], ["www.c.example", "3"]],
        "currency": [["p", "v"], ["$1,200.50", "1"], ["$7.00", "2"], ["€5", "3"]],
        "formulas": [["f", "v"], ["=1+1", "1"], ["@x", "2"], ["+a", "3"]],
        "markup": [["h", "v"], ["<b>x</b>", "1"], ["&amp;", "2"], ["{a: 1}", "3"]],
        "spaces within": [["a", "b"], [" x ", "1"], ["y  z", "2"], [" ", "3"]],
    }
    for (name, rows), delimiter in itertools.product(marks.items(), (",", ";", "\t")):
        if name == "spaces within" and delimiter == "\t":
            continue
        found.append(Case(f"{name} {delimiter!r}", text(rows, delimiter).encode(), rows, delimiter))
    wide = [[f"c{i}" for i in range(300)], *[[str(i * j) for i in range(300)] for j in range(1, 4)]]
    found.append(Case("300 columns", text(wide).encode(), wide, ","))
    return found


def parsed(content: str) -> list[list[str]]:
    """Strict RFC 4180, as the copies are read back."""
    return list(csv.reader(io.StringIO(content, newline=""), strict=True))
