"""Text tables as offices, instruments and surveys export them, each with what a person reads in it."""

# ruff: noqa: E501 - a table is easier to read on one line

from __future__ import annotations

import bz2
import gzip
import lzma
from dataclasses import dataclass, field
from typing import Any

from corpus_cases import parsed


@dataclass(frozen=True)
class World:
    """One file.

    Attributes:
        name: Name of the file, with its ending.
        content: Its bytes.
        cells: The table's cells as they stand, the header first where there is one.
        header: Rows that hold names.
        values: Column → values as they are read, None where missing.
        types: Column → guessed type.
        found: What else must be detected, e.g. the delimiter.
    """

    name: str
    content: bytes
    cells: list[list[str]]
    header: int = 1
    values: dict[str, list[Any]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)


def _case(
    name: str,
    raw: str | bytes,
    clean: str | None = None,
    *,
    encoding: str = "utf-8",
    header: int = 1,
    values: dict[str, list[Any]] | None = None,
    types: dict[str, str] | None = None,
    **found: Any,
) -> World:
    """``clean`` is the table as plain CSV; the text itself where that is left out."""
    content = raw if isinstance(raw, bytes) else raw.encode(encoding)
    cells = parsed(str(raw) if clean is None else clean)
    return World(name, content, [row for row in cells if row], header, values or {}, types or {}, found)


def world() -> list[World]:
    """Every case."""
    return [*_offices(), *_numbers(), *_dates(), *_words(), *_surveys(), *_instruments(), *_shapes(), *_packed()]


def _offices() -> list[World]:
    german = (
        "Kunde;Ort;Umsatz;Anteil;Datum\r\nMüller GmbH;Köln;1.234.567,89;12,5%;31.12.2023\r\n"
        'Groß & Söhne;München;98.765,40;7,1%;01.02.2024\r\n"Weiß; Co.";Nürnberg;1.000,00;0,4%;15.03.2024\r\n'
        "Öztürk KG;Düsseldorf;-450,25;-0,1%;28.02.2024\r\n"
    )
    clean = german.replace(";", "\t").replace('"Weiß\t Co."', "Weiß; Co.")
    cells = "\n".join(",".join(f'"{c}"' for c in line.split("\t")) for line in clean.splitlines())
    umsatz = [1234567.89, 98765.4, 1000.0, -450.25]
    found = {"values": {"Umsatz": umsatz, "Anteil": [12.5, 7.1, 0.4, -0.1]}, "types": {"Umsatz": "numeric"}}
    made = [
        _case("german excel cp1252.csv", german, cells, encoding="cp1252", delimiter=";", **found),
        _case("german excel utf8 mark.csv", german, cells, encoding="utf-8-sig", delimiter=";", **found),
        _case("unicode text from excel.txt", clean, cells, encoding="utf-16", delimiter="\t", **found),
    ]
    government = (
        '"Bevölkerung nach Ländern"\n"Stichtag: 31.12.2022"\n\n"Land";"Männer";"Frauen";"Insgesamt"\n'
        '"Bayern";6612345;6757048;13369393\n"Berlin";1850123;1905128;3755251\n"Bremen";339001;345863;684864\n'
        '"Hessen";3152654;3238706;6391360\n\n"Quelle: Statistisches Bundesamt"\n"© Destatis 2023"\n'
    )
    made.append(
        _case(
            "statistical office.csv", government,
            "Land,Männer,Frauen,Insgesamt\nBayern,6612345,6757048,13369393\nBerlin,1850123,1905128,3755251\n"
            "Bremen,339001,345863,684864\nHessen,3152654,3238706,6391360\n",
            encoding="cp1252", delimiter=";", values={"Frauen": [6757048, 1905128, 345863, 3238706]},
        )
    )  # fmt: skip
    bank = (
        '"Data Source","World Development Indicators",\n\n"Last Updated Date","2024-06-28",\n\n'
        '"Country Name","Country Code","Indicator Name","2020","2021","2022",\n'
        '"Aruba","ABW","GDP (current US$)","2558906303.9","3103184101.7","3544707788.1",\n'
        '"Angola","AGO","GDP (current US$)","48501561203.7","66505129988.6","",\n'
        '"Albania","ALB","GDP (current US$)","15131866270.6","17930565118.8","18916378860.5",\n'
        '"Andorra","AND","GDP (current US$)","2891022272.1","3325145407.4","3380602042.8",\n'
    )
    made.append(
        _case(
            "development bank.csv", bank,
            "Country Name,Country Code,Indicator Name,2020,2021,2022\n"
            "Aruba,ABW,GDP (current US$),2558906303.9,3103184101.7,3544707788.1\n"
            "Angola,AGO,GDP (current US$),48501561203.7,66505129988.6,\n"
            "Albania,ALB,GDP (current US$),15131866270.6,17930565118.8,18916378860.5\n"
            "Andorra,AND,GDP (current US$),2891022272.1,3325145407.4,3380602042.8\n",
            values={"2022": [3544707788.1, None, 18916378860.5, 3380602042.8]},
        )
    )  # fmt: skip
    japanese = '商品,価格,数量,備考\nりんご,"1,200",3,甘い\nみかん,980,12,\nぶどう,"2,480",1,タネなし\nバナナ,150,40,フィリピン産\n'
    made += [
        _case("japanese shop.csv", japanese, encoding="cp932", values={"価格": [1200, 980, 2480, 150]}),
        _case("japanese shop euc.csv", japanese, encoding="euc_jp", values={"価格": [1200, 980, 2480, 150]}),
    ]
    korean = "이름,나이,도시,가입일\n김철수,34,서울,2023-01-15\n이영희,28,부산,2023-02-20\n박민수,45,대구,2023-03-05\n"
    made.append(_case("korean members.csv", korean, encoding="cp949", values={"나이": [34, 28, 45]}))
    chinese = "姓名,部门,工资,入职日期\n王伟,财务部,8500.50,2020/03/01\n李娜,市场部,9200.00,2019/11/15\n张敏,研发部,12300.75,2021/07/30\n"
    made.append(_case("chinese staff.csv", chinese, encoding="gb18030", values={"工资": [8500.5, 9200.0, 12300.75]}))
    arabic = "الاسم,العمر,المدينة\nأحمد,31,القاهرة\nفاطمة,27,الرباط\nيوسف,44,عمّان\n"
    made.append(_case("arabic.csv", arabic, values={"العمر": [31, 27, 44]}))
    hebrew = "שם;גיל;עיר\nדוד;31;חיפה\nרות;27;אילת\nיוסי;44;עכו\n"
    made.append(_case("hebrew.csv", hebrew, hebrew.replace(";", ","), delimiter=";"))
    greek = "όνομα;ύψος\nΝίκος;1,82\nΜαρία;1,65\nΓιώργος;1,77\n"
    made.append(
        _case("greek.csv", greek, 'όνομα,ύψος\nΝίκος,"1,82"\nΜαρία,"1,65"\nΓιώργος,"1,77"\n', delimiter=";",
              values={"ύψος": [1.82, 1.65, 1.77]})
    )  # fmt: skip
    polish = "miasto;cena;zakup\nŁódź;12,50 zł;tak\nKraków;9,99 zł;nie\nGdańsk;100,00 zł;tak\nPoznań;7,00 zł;nie\n"
    made.append(
        _case("polish prices.csv", polish,
              'miasto,cena,zakup\nŁódź,"12,50 zł",tak\nKraków,"9,99 zł",nie\nGdańsk,"100,00 zł",tak\n'
              'Poznań,"7,00 zł",nie\n',
              delimiter=";", values={"cena": [12.5, 9.99, 100.0, 7.0]}, types={"zakup": "boolean"})
    )  # fmt: skip
    return made


def _columns(name: str, rows: list[str], values: list[Any], kind: str = "numeric", delimiter: str = ";") -> World:
    """One column in question beside two plain ones."""
    lines = [["id", "what", "other"], *([f"k{i}", row, f"w{i % 2}"] for i, row in enumerate(rows))]
    raw = "".join(delimiter.join(line) + "\n" for line in lines)
    cells = [list(line) for line in lines]
    return World(name, raw.encode(), cells, 1, {"what": values}, {"what": kind}, {"delimiter": delimiter})


def _numbers() -> list[World]:
    nbsp, thin = "\u00a0", "\u202f"
    made = [
        _columns("apostrophe thousands.csv", ["1'234'567.89", "98'765.40", "12.00", "1'000.5"],
                 [1234567.89, 98765.4, 12.0, 1000.5]),
        _columns("curly apostrophe thousands.csv", ["1’234’567", "98’765", "12", "1’000"], [1234567, 98765, 12, 1000]),
        _columns("no-break space thousands.csv", [f"1{nbsp}234{nbsp}567,89", f"98{nbsp}765,40", "12,00", "7,5"],
                 [1234567.89, 98765.4, 12.0, 7.5]),
        _columns("thin space thousands.csv", [f"1{thin}234,5", f"98{thin}765,4", "12,0", "7,5"],
                 [1234.5, 98765.4, 12.0, 7.5]),
        _columns("space thousands.csv", ["1 234 567", "98 765", "12", "7"], [1234567, 98765, 12, 7]),
        _columns("point thousands.csv", ["1.234.567,89", "98.765,40", "12,00", "7,50"],
                 [1234567.89, 98765.4, 12.0, 7.5]),
        _columns("comma thousands.csv", ["1,234,567.89", "98,765.40", "12.00", "7.50"],
                 [1234567.89, 98765.4, 12.0, 7.5]),
        _columns("comma thousands alone.csv", ["1,234,567", "98,765", "12", "7"], [1234567, 98765, 12, 7]),
        _columns("indian thousands.csv", ["12,34,567.50", "1,00,000.00", "999.25", "45,000.00"],
                 [1234567.5, 100000.0, 999.25, 45000.0]),
        _columns("brackets are negative.csv", ["(1,200.50)", "300.25", "(7.00)", "12.75"],
                 [-1200.5, 300.25, -7.0, 12.75]),
        _columns("dollars in brackets.csv", ["$(1,200.50)", "$300.25", "$(7.00)", "$12.75"],
                 [-1200.5, 300.25, -7.0, 12.75]),
        _columns("dollars.csv", ["$1,200.50", "$300.25", "-$7.00", "$12.75"], [1200.5, 300.25, -7.0, 12.75]),
        _columns("euros behind.csv", ["1.200,50 €", "300,25 €", "-7,00 €", "12,75 €"], [1200.5, 300.25, -7.0, 12.75]),
        _columns("euro code.csv", ["EUR 1200.50", "EUR 300.25", "EUR 7.00", "EUR 12.75"], [1200.5, 300.25, 7.0, 12.75]),
        _columns("pounds.csv", ["£1,200.50", "£300.25", "£7.00", "£12.75"], [1200.5, 300.25, 7.0, 12.75]),
        _columns("yen.csv", ["¥1,200", "¥300", "¥7", "¥12,750"], [1200, 300, 7, 12750]),
        _columns("rupees.csv", ["₹1,200", "₹300", "₹7", "₹12,750"], [1200, 300, 7, 12750]),
        _columns("francs.csv", ["CHF 1'200.50", "CHF 300.25", "CHF 7.00", "CHF 12.75"], [1200.5, 300.25, 7.0, 12.75]),
        _columns("percent.csv", ["12%", "7.5%", "100%", "0.25%"], [12.0, 7.5, 100.0, 0.25]),
        _columns("percent with space.csv", ["12 %", "7,5 %", "100 %", "0,25 %"], [12.0, 7.5, 100.0, 0.25]),
        _columns("trailing minus.csv", ["12.50-", "7.25", "100.00-", "0.25"], [-12.5, 7.25, -100.0, 0.25]),
        _columns("real minus sign.csv", ["−12.5", "7.25", "−100.0", "0.25"], [-12.5, 7.25, -100.0, 0.25]),
        _columns("plus signs.csv", ["+12.5", "-7.25", "+100.0", "+0.25"], [12.5, -7.25, 100.0, 0.25]),
        _columns("exponents.csv", ["1.5E+03", "2e-4", "-3.25E2", "7"], [1500.0, 0.0002, -325.0, 7.0]),
        _columns("points without zero.csv", [".5", "-.25", "3.", "7"], [0.5, -0.25, 3.0, 7.0]),
        _columns("commas without zero.csv", [",5", "-,25", "3,75", "7,1"], [0.5, -0.25, 3.75, 7.1]),
        _columns("padded numbers.csv", ["  12.5", "   7.25", " 100", "   0.5"], [12.5, 7.25, 100.0, 0.5]),
        _columns("large whole numbers.csv", ["9007199254740993", "12", "9007199254740992", "4"],
                 [9007199254740993, 12, 9007199254740992, 4]),
        _columns("codes with leading zeros.csv", ["01067", "80331", "04109", "01067"],
                 ["01067", "80331", "04109", "01067"], "category"),
        _columns("phone numbers.csv", ["+49 30 123456", "+49 89 987654", "+43 1 5550123", "+41 44 7778899"],
                 ["+49 30 123456", "+49 89 987654", "+43 1 5550123", "+41 44 7778899"], "category"),
        _columns("versions.csv", ["1.2.3", "1.10.0", "2.0.1", "1.2.3"], ["1.2.3", "1.10.0", "2.0.1", "1.2.3"],
                 "category"),
    ]  # fmt: skip
    for number, (word, _beside) in enumerate(
        [("NA", "x"), ("N/A", "x"), ("null", "x"), ("NULL", "x"), ("-", "x"), ("?", "x"), ("#N/A", "x"), ("", "x"),
         ("n.a.", "x"), ("..", "x"), (".", "x"), ("NaN", "x"), ("k.A.", "x"), ("#DIV/0!", "x"), ("–", "x"),
         ("None", "x"), ("missing", "x"), ("*", "x")]
    ):  # fmt: skip
        made.append(
            _columns(f"missing word {number:02d}.csv", ["1.5", word, "2.5", "3.5", word], [1.5, None, 2.5, 3.5, None])
        )
    return made


def _dates() -> list[World]:
    forms = {
        "iso": ["2024-01-31", "2023-12-01", "2024-02-29", "2022-07-04"],
        "iso with time": ["2024-01-31T10:00:00", "2023-12-01T23:59:59", "2024-02-29T00:00:00", "2022-07-04T12:30:00"],
        "iso with zone": ["2024-01-31T10:00:00Z", "2023-12-01T23:59:59+02:00", "2024-02-29T00:00:00-0500",
                          "2022-07-04T12:30:00.250Z"],
        "german": ["31.01.2024", "01.12.2023", "29.02.2024", "4.7.2022"],
        "german with time": ["31.01.2024 10:00", "01.12.2023 23:59", "29.02.2024 00:00", "04.07.2022 12:30"],
        "american": ["01/31/2024", "12/01/2023", "02/29/2024", "7/4/2022"],
        "american with time": ["1/31/2024 10:00 AM", "12/1/2023 11:59 PM", "2/29/2024 12:00 AM", "7/4/2022 12:30 PM"],
        "british": ["31/01/2024", "01/12/2023", "29/02/2024", "4/7/2022"],
        "slashes by year": ["2024/01/31", "2023/12/01", "2024/02/29", "2022/07/04"],
        "words": ["31 Jan 2024", "1 Dec 2023", "29 Feb 2024", "4 Jul 2022"],
        "words by month": ["Jan 31 2024", "Dec 1 2023", "Feb 29 2024", "Jul 4 2022"],
        "words with dashes": ["31-Jan-2024", "01-Dec-2023", "29-Feb-2024", "04-Jul-2022"],
        "short year": ["31.01.24", "01.12.23", "29.02.24", "04.07.22"],
    }  # fmt: skip
    made = [_columns(f"dates {name}.csv", rows * 2, rows * 2, "datetime") for name, rows in forms.items()]
    epoch = ["1706695200", "1701471599", "1709164800", "1656937800"]
    made.append(_columns("dates epoch.csv", epoch, [int(e) for e in epoch]))
    return made


def _words() -> list[World]:
    pairs = {
        "english": ("Yes", "No"), "german": ("Ja", "Nein"), "french": ("Oui", "Non"), "spanish": ("Sí", "No"),
        "italian": ("Vero", "Falso"), "letters": ("Y", "N"), "true": ("TRUE", "FALSE"), "german true":
        ("WAHR", "FALSCH"), "french true": ("VRAI", "FAUX"), "polish": ("tak", "nie"), "dutch": ("ja", "nee"),
        "portuguese": ("sim", "não"), "russian": ("да", "нет"), "swedish": ("ja", "nej"), "japanese": ("はい", "いいえ"),
        "chinese": ("是", "否"), "turkish": ("evet", "hayır"), "on": ("on", "off"),
    }  # fmt: skip
    made = []
    for name, (yes, no) in pairs.items():
        rows = [yes, no, no, yes, yes, no]
        as_read = [r == "TRUE" for r in rows] if name == "true" else rows
        made.append(_columns(f"yes and no {name}.csv", rows, as_read, "boolean"))
    return made


def _surveys() -> list[World]:
    two = (
        'ResponseId,Q1,Q2,Q3\nResponse ID,How old are you?,"How satisfied, overall?",Comments\n'
        'R_1,34,5,fine\nR_2,28,3,\nR_3,45,4,"slow, but ok"\nR_4,51,2,no\nR_5,39,5,yes\n'
    )
    joined = (
        'ResponseId Response ID,Q1 How old are you?,"Q2 How satisfied, overall?",Q3 Comments\n'
        'R_1,34,5,fine\nR_2,28,3,\nR_3,45,4,"slow, but ok"\nR_4,51,2,no\nR_5,39,5,yes\n'
    )
    units = "time,speed,mass\n[s],[m/s],[kg]\n0.0,1.5,10\n0.1,1.7,10\n0.2,1.9,11\n0.3,2.2,11\n0.4,2.4,12\n"
    groups = ",Men,,Women,\nTown,2020,2021,2020,2021\nA,1.5,2.5,3.5,4.5\nB,5.5,6.5,7.5,8.5\nC,9.5,1.5,2.5,3.5\n"
    tick = (
        '"Zeitstempel","Wie alt bist du?","Welche Fächer? (mehrere)"\n"2024/01/05 9:12:31 AM OEZ","15","Mathe;Physik"\n'
        '"2024/01/05 9:14:02 AM OEZ","16","Kunst"\n"2024/01/05 9:20:45 AM OEZ","15","Mathe;Sport;Musik"\n'
    )
    return [
        _case("survey with questions.csv", two, joined, header=2, values={"Q1 How old are you?": [34, 28, 45, 51, 39]}),
        _case("units row.csv", units, units.replace("time,speed,mass\n[s],[m/s],[kg]", "time [s],speed [m/s],mass [kg]"),
              header=2, values={"mass [kg]": [10, 10, 11, 11, 12]}),
        _case("grouped years.csv", groups,
              "Town,Men 2020,Men 2021,Women 2020,Women 2021\nA,1.5,2.5,3.5,4.5\nB,5.5,6.5,7.5,8.5\nC,9.5,1.5,2.5,3.5\n", header=2),
        _case("form answers.csv", tick, delimiter=","),
        _case("answers with line breaks.csv",
              'id,answer,score\r\n1,"first line\r\nsecond line",5\r\n2,"plain",4\r\n3,"a ""quoted"" word",3\r\n'),
        _case("answers with semicolons.csv", 'id;answer;score\n1;"one; two";5\n2;plain;4\n3;"three; four; five";3\n',
              "id,answer,score\n1,one; two,5\n2,plain,4\n3,three; four; five,3\n", delimiter=";"),
    ]  # fmt: skip


def _instruments() -> list[World]:
    plain = "t,u,i\n0.0,1.5,10\n0.1,1.7,11\n0.2,1.9,12\n0.3,2.2,13\n"
    fixed = "    t      u    i\n  0.0   1.50   10\n  0.1   1.70   11\n  0.2   1.90   12\n  0.3   2.20   13\n"
    return [
        _case("comments before.csv", "# Instrument 7\n# calibrated 2024-01-01\n# operator: Ann, Bob\n" + plain, plain),
        _case("comment is the header.csv", "# t,u,i\n0.0,1.5,10\n0.1,1.7,11\n0.2,1.9,12\n",
              "# t,u,i\n0.0,1.5,10\n0.1,1.7,11\n0.2,1.9,12\n"),
        _case("comments amid.csv", "# run 1\nt,u,i\n0.0,1.5,10\n0.1,1.7,11\n# paused\n0.2,1.9,12\n0.3,2.2,13\n", plain,
              values={"u": [1.5, 1.7, 1.9, 2.2]}),
        _case("keys before.csv",
              "Device;Logger 3000\nSerial;12345\nStart;2024-01-01 10:00\n\nTime;Temp;Hum\n10:00;21,5;40\n10:05;21,7;41\n"
              "10:10;21,9;42\n10:15;22,0;41\n",
              'Time,Temp,Hum\n10:00,"21,5",40\n10:05,"21,7",41\n10:10,"21,9",42\n10:15,"22,0",41\n',
              delimiter=";", values={"Temp": [21.5, 21.7, 21.9, 22.0]}),
        _case("fixed columns.txt", fixed,
              "t,u,i\n0.0,1.50,10\n0.1,1.70,11\n0.2,1.90,12\n0.3,2.20,13\n", delimiter=" ",
              values={"u": [1.5, 1.7, 1.9, 2.2]}),
        _case("tabs and spaces.tsv", plain.replace(",", "\t"), plain, delimiter="\t"),
        _case("pipes with frames.txt", "| t | u |\n| 0.0 | 1.5 |\n| 0.1 | 1.7 |\n| 0.2 | 1.9 |\n",
              "t,u\n0.0,1.5\n0.1,1.7\n0.2,1.9\n"),
        _case("markdown table.md", "| t | name |\n|---|---|\n| 0.0 | a |\n| 0.1 | b |\n| 0.2 | c |\n",
              "t,name\n0.0,a\n0.1,b\n0.2,c\n"),
        _case("only numbers.dat", "5.1 3.5 1.4 0.2\n4.9 3.0 1.4 0.2\n7.0 3.2 4.7 1.4\n",
              "5.1,3.5,1.4,0.2\n4.9,3.0,1.4,0.2\n7.0,3.2,4.7,1.4\n", header=0, delimiter=" "),
        _case("vertical bars.psv", "id|name|v\n1|Ann|2.5\n2|Bob|3.5\n3|Cy|4.5\n", "id,name,v\n1,Ann,2.5\n2,Bob,3.5\n3,Cy,4.5\n",
              delimiter="|"),
        _case("sentinel.csv", "t,u,v\n" + "".join(f"{i},{-999 if i in (3, 7) else i / 4},{i % 3}\n" for i in range(12)),
              values={"u": [-999.0 if i in (3, 7) else i / 4 for i in range(12)]}),
    ]  # fmt: skip


def _shapes() -> list[World]:
    made = [
        _case("carriage returns.csv", "a,b\r1,x\r2,y\r3,z\r", "a,b\n1,x\n2,y\n3,z\n"),
        _case("mixed line ends.csv", "a,b\r\n1,x\n2,y\r\n3,z\n", "a,b\n1,x\n2,y\n3,z\n"),
        _case("nothing at the end.csv", "a,b\n1,x\n2,y\n3,z", "a,b\n1,x\n2,y\n3,z\n"),
        _case("trailing delimiters.csv", "a;b;c;\n1;x;2;\n3;y;4;\n5;z;6;\n", "a,b,c\n1,x,2\n3,y,4\n5,z,6\n"),
        _case("many trailing delimiters.csv", "a,b,c,,,\n1,x,2,,,\n3,y,4,,,\n5,z,6,,,\n",
              "a,b,c\n1,x,2\n3,y,4\n5,z,6\n"),
        _case("empty rows of delimiters.csv", "a,b,c\n1,x,2\n3,y,4\n5,z,6\n,,\n,,\n,,\n", "a,b,c\n1,x,2\n3,y,4\n5,z,6\n"),
        _case("rows index.csv", ",a,b\n0,1.5,x\n1,2.5,y\n2,3.5,z\n"),
        _case("index without a place.csv", "a b\n1 1.5 x\n2 2.5 y\n3 3.5 z\n",
              ",a,b\n1,1.5,x\n2,2.5,y\n3,3.5,z\n"),
        _case("doubled names.csv", "v,v,v\n1,2,x\n3,4,y\n5,6,z\n"),
        _case("empty names.csv", "a,,c,\n1,2,x,4\n3,4,y,5\n5,6,z,6\n"),
        _case("spaces in names.csv", " a , b b ,c\n1,2,x\n3,4,y\n5,6,z\n", " a , b b ,c\n1,2,x\n3,4,y\n5,6,z\n"),
        _case("name with a line break.csv", '"first\nname",n\nAnn,1\nBob,2\nCy,3\n'),
        _case("names that are code.csv", "\"x'; DROP TABLE y;--\",\"a\"\"b\",v\n1,2,x\n3,4,y\n5,6,z\n"),
        _case("backslash quotes.csv", 'id,said\n1,"he said \\"no\\", twice"\n2,"plain"\n3,"\\"x\\""\n',
              'id,said\n1,"he said ""no"", twice"\n2,plain\n3,"""x"""\n'),
        _case("single quotes.csv", "id,said,n\n'1','a, b','2'\n'3','c, d','4'\n'5','e','6'\n",
              'id,said,n\n1,"a, b",2\n3,"c, d",4\n5,e,6\n'),
        _case("inches.csv", 'id,size,n\n1,5",10\n2,6",11\n3,7",12\n', 'id,size,n\n1,"5""",10\n2,"6""",11\n3,"7""",12\n'),
        _case("short rows.csv", "a,b,c\n1,x,2\n3,y\n5,z,6\n7\n", "a,b,c\n1,x,2\n3,y,\n5,z,6\n7,,\n"),
        _case("one long row.csv", "a,b,c\n1,x,2\n3,y,4,extra\n5,z,6\n", "a,b,c,\n1,x,2,\n3,y,4,extra\n5,z,6,\n"),
        _case("sep line.csv", "sep=|\r\na|b\r\n1|x\r\n2|y\r\n", "a,b\n1,x\n2,y\n"),
        _case("title padded.csv", "Sales 2024,,,\n,,,\nshop,q1,q2,q3\nA,1.5,2,3\nB,4.5,5,6\nC,7.5,8,9\n",
              "shop,q1,q2,q3\nA,1.5,2,3\nB,4.5,5,6\nC,7.5,8,9\n"),
        _case("notes behind.csv",
              "shop,q1,q2\nA,1.5,2\nB,4.5,5\nC,7.5,8\n\nNote: figures are provisional.\n\"Source: us, by hand\"\n",
              "shop,q1,q2\nA,1.5,2\nB,4.5,5\nC,7.5,8\n"),
        _case("a total at the end.csv", "shop,q1,q2\nA,1,2\nB,4,5\nC,7,8\nTotal,12,15\n"),
        _case("control z.csv", b"a,b\r\n1,x\r\n2,y\r\n3,z\r\n\x1a", "a,b\n1,x\n2,y\n3,z\n"),
        _case("only texts.csv", "land,capital\nFrance,Paris\nSpain,Madrid\nItaly,Rome\n"),
        _case("texts without header.csv", "red,small\nblue,large\nred,large\nblue,small\nred,small\n", header=0),
        _case("one column.csv", "v\n1.5\n2.5\n3.5\n"),
        _case("two letters.csv", "a::b::c\n1::2::x\n3::4::y\n5::6::z\n", "a,b,c\n1,2,x\n3,4,y\n5,6,z\n", delimiter="::"),
        _case("wide.csv", ",".join(f"c{i}" for i in range(200)) + "\n"
              + "".join(",".join(str(i * j % 7) for i in range(200)) + "\n" for j in range(1, 6))),
    ]  # fmt: skip
    text = "a,b\n" + "".join(f"{i},Zürich\n" for i in range(8))
    made += [
        _case(f"stored as {name}.csv", text, encoding=name)
        for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1")
    ]
    return made


def _packed() -> list[World]:
    text = "name,qty\nAnn,1\nBob,2\nCy,3\n"
    return [
        _case("packed.csv.gz", gzip.compress(text.encode(), mtime=0), text),
        _case("packed.csv.bz2", bz2.compress(text.encode()), text),
        _case("packed.csv.xz", lzma.compress(text.encode()), text),
        _case("packed utf16.csv.gz", gzip.compress(text.encode("utf-16"), mtime=0), text),
        _case("no ending", text),
        _case("wrong ending.xlsx", text),
    ]
