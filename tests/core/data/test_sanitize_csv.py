"""CSV in any dialect: what is found is gone, every row without findings keeps its very bytes, malformed rows are never passed over."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.doubles import BLOCK, NOTE, guarded, scanning

from bartizan import Refused
from bartizan.data import DataError, RowError
from bartizan.data._dialect import Dialect, Fields, Records, sniffed
from bartizan.testing import PLANTED

if TYPE_CHECKING:
    from conftest import Sanitize

EMAIL = PLANTED["EMAIL_ADDRESS"]
SECRET = "hunter2" + "ABCxyz9"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"id,body\n1,{EMAIL}\n2,fine\n", "id,body\n1,<EMAIL_ADDRESS>\n2,fine\n"),
        (f'id,body\r\n1,"x, ""{EMAIL}"""\r\n', 'id,body\r\n1,"x, ""<EMAIL_ADDRESS>"""\r\n'),
        (f'id;body\n1;"two\nlines {EMAIL}"\n2; kept \n', 'id;body\n1;"two\nlines <EMAIL_ADDRESS>"\n2; kept \n'),
        (f"id\tbody\r1\t{EMAIL}\r2\tx", "id\tbody\r1\t<EMAIL_ADDRESS>\r2\tx"),
        (f"id|body\n1|{EMAIL}", "id|body\n1|<EMAIL_ADDRESS>"),
        (f"\ufeffbody\n{EMAIL}\n\n  \nx\n", "\ufeffbody\n<EMAIL_ADDRESS>\n\n  \nx\n"),
        ("id,body\n", "id,body\n"),
        ("id,body", "id,body"),
        ('id,body\n"1","quoted, and kept"\n', 'id,body\n"1","quoted, and kept"\n'),
        (f'a,b\n5" pipe,{EMAIL}\n', 'a,b\n5" pipe,<EMAIL_ADDRESS>\n'),
        (f"body,password\nx,{SECRET}\n", "body,password\nx,<GENERIC_SECRET>\n"),
        (f"größe,b\né,{EMAIL}\n", "größe,b\né,<EMAIL_ADDRESS>\n"),
    ],
)
def test_only_what_is_found_changes(sanitize: Sanitize, before: str, after: str) -> None:
    assert sanitize(before.encode())[0].decode() == after


def test_a_column_s_name_gives_away_what_its_cells_hold(sanitize: Sanitize) -> None:
    assert SECRET in sanitize(f"body\n{SECRET}\n".encode())[0].decode()
    assert SECRET not in sanitize(f"password\n{SECRET}\n".encode())[0].decode()


def test_only_the_named_columns_are_judged_and_counts_are_by_column(sanitize: Sanitize) -> None:
    data = f"a,b,c\n{EMAIL},{EMAIL},{EMAIL} {EMAIL}\n".encode()
    out, report = sanitize(data, columns=["b", "c"])
    assert out.decode() == f"a,b,c\n{EMAIL},<EMAIL_ADDRESS>,<EMAIL_ADDRESS> <EMAIL_ADDRESS>\n"
    assert report.findings == {"b": {"EMAIL_ADDRESS": 1}, "c": {"EMAIL_ADDRESS": 2}}
    assert (report.rows, report.columns) == (1, ("b", "c"))


def test_a_column_that_does_not_exist_names_the_nearest(sanitize: Sanitize) -> None:
    with pytest.raises(DataError, match=r"has no column 'bdy': did you mean 'body'\?"):
        sanitize(b"id,body\n1,x\n", columns=["bdy"])


def test_a_value_that_needs_quotes_once_replaced_gets_them(sanitize: Sanitize) -> None:
    guard = guarded(scanning("secret", replacement='a,"b"\nc'))
    out, _ = sanitize(b"id,body\n1,secret\n2,x\n", guard=guard)
    assert list(csv.reader(io.StringIO(out.decode(), newline=""))) == [["id", "body"], ["1", 'a,"b"\nc'], ["2", "x"]]


def test_a_header_that_holds_data_is_refused_and_without_header_it_is_a_row(sanitize: Sanitize) -> None:
    data = f"1,{EMAIL}\n2,x\n".encode()
    with pytest.raises(DataError, match=r"name of column 2 holds what is found as EMAIL_ADDRESS.*--no-header") as caught:
        sanitize(data)
    assert EMAIL not in str(caught.value)
    out, report = sanitize(data, header=False, columns=["2"])
    assert (out, report.rows) == (b"1,<EMAIL_ADDRESS>\n2,x\n", 2)


class TestMalformedRows:
    @pytest.mark.parametrize(
        ("row", "said"),
        [
            (b"1,2,3", "it has 3 fields where the header has 2"),
            (b"1", "it has 1 fields where the header has 2"),
            (b'1,"x"y', "text after a closing quote"),
            (b"1,\xff\xfe", "it is not utf-8"),
        ],
    )
    def test_stop_the_run_with_their_number_or_are_left_out_and_counted(self, sanitize: Sanitize, row: bytes, said: str) -> None:
        data = b"id,body\n1,a\n" + row + b"\n3," + EMAIL.encode() + b"\n"
        with pytest.raises(RowError, match=f"row 2 is malformed: .*{said}") as caught:
            sanitize(data)
        assert caught.value.row == 2
        out, report = sanitize(data, on_bad_row="skip")
        assert out == b"id,body\n1,a\n3,<EMAIL_ADDRESS>\n"
        assert (report.rows, report.bad_rows, report.bad_row_numbers) == (2, 1, (2,))

    def test_a_quote_that_is_never_closed_costs_its_line_alone(self, sanitize: Sanitize) -> None:
        data = f'id,body\n1,a\n2,"open {EMAIL}\n3,{EMAIL}\n'.encode()
        with pytest.raises(RowError, match="row 2"):
            sanitize(data)
        out, report = sanitize(data, on_bad_row="skip")
        assert out == b"id,body\n1,a\n3,<EMAIL_ADDRESS>\n"
        assert report.bad_row_numbers == (2,)

    def test_numbers_hold_past_the_first_chunk(self, sanitize: Sanitize) -> None:
        data = b"id,body\n" + b"".join(b"%d,some text\n" % i for i in range(40_000)) + b"x\n"
        assert len(data) > 2 * 256 * 1024
        with pytest.raises(RowError, match="row 40001 "):
            sanitize(data)

    def test_a_message_never_quotes_a_row(self, sanitize: Sanitize) -> None:
        with pytest.raises(RowError) as caught:
            sanitize(f"id,body\n1,{EMAIL},x\n".encode())
        error: BaseException | None = caught.value
        while error is not None:
            assert EMAIL not in str(error)
            error = error.__cause__ or error.__context__


class TestBlocked:
    GUARD = staticmethod(lambda: guarded(scanning("badword", "BAD", BLOCK)))
    DATA = b"id,body\n1,fine\n2,some badword here\n3,ok\n"

    def test_the_whole_value_is_withheld(self, sanitize: Sanitize) -> None:
        out, report = sanitize(self.DATA, guard=self.GUARD())
        assert out == b"id,body\n1,fine\n2,<BAD>\n3,ok\n"
        assert (report.withheld, report.dropped, report.rows) == (1, 0, 3)
        assert report.findings == {"body": {"BAD": 1}}

    def test_its_row_is_left_out_where_that_is_asked_for(self, sanitize: Sanitize) -> None:
        out, report = sanitize(self.DATA, guard=self.GUARD(), on_block="drop")
        assert out == b"id,body\n1,fine\n3,ok\n"
        assert (report.withheld, report.dropped, report.rows) == (1, 1, 3)

    def test_the_run_is_refused_where_that_is_asked_for(self, sanitize: Sanitize) -> None:
        with pytest.raises(Refused, match="row 2: column 'body' holds BAD, which the policy blocks") as caught:
            sanitize(self.DATA, guard=self.GUARD(), on_block="refuse")
        assert "badword" not in str(caught.value)

    def test_what_is_only_noted_stays_and_is_counted(self, sanitize: Sanitize) -> None:
        out, report = sanitize(self.DATA, guard=guarded(scanning("badword", "BAD", NOTE)))
        assert out == self.DATA
        assert (report.findings, report.noted) == ({}, {"body": {"BAD": 1}})


class TestEncodings:
    def test_another_encoding_keeps_its_bytes(self, sanitize: Sanitize) -> None:
        out, _ = sanitize(f"größe,b\n\xe4,{EMAIL}\n".encode("cp1252"), encoding="cp1252")
        assert out == "größe,b\n\xe4,<EMAIL_ADDRESS>\n".encode("cp1252")

    @pytest.mark.parametrize("encoding", ["utf-16", "shift_jis", "gbk", "utf-7", "rot13", "nonsense", "\0"])
    def test_one_that_can_t_be_read_row_by_row_is_refused(self, sanitize: Sanitize, encoding: str) -> None:
        with pytest.raises(DataError, match=r"encoding|convert the file"):
            sanitize(b"a,b\n1,2\n", encoding=encoding)

    def test_a_replacement_that_it_lacks_is_refused(self, sanitize: Sanitize) -> None:
        with pytest.raises(DataError, match="can't be written in ascii"):
            sanitize(b"a\nsecret\n", guard=guarded(scanning("secret", replacement="…")), encoding="ascii")


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n", ";"),
        ("a\tb, c\n1\t2\n", "\t"),
        ("only\none\n", ","),
        ('"a;b",c\n"1;2;3",4\n', ","),
        ("a|b|c\n1|2|3\n", "|"),
    ],
)
def test_the_delimiter_is_found_out(text: str, delimiter: str) -> None:
    assert sniffed(text, '"') == delimiter


cells = st.text(alphabet=st.sampled_from(['"', ",", "\n", "a", "é", " ", "S", "'", ";"]), max_size=6)
S_GUARD = guarded(scanning("S", "FOUND"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(cells, cells), max_size=8),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(",;\t|"),
)
def test_python_s_csv_reads_the_same_table_with_the_findings_gone(
    sanitize: Sanitize, rows: list[tuple[str, str]], quoting: Any, end: str, delimiter: str
) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows([("id", "body"), *rows])
    before = stream.getvalue()
    out, report = sanitize(before.encode(), guard=S_GUARD, delimiter=delimiter)
    after = list(csv.reader(io.StringIO(out.decode(), newline=""), delimiter=delimiter))
    assert after == [["id", "body"], *([cell.replace("S", "<FOUND>") for cell in row] for row in rows)]
    assert sum(report.findings.get(name, {}).get("FOUND", 0) for name in ("id", "body")) == sum(
        "".join(row).count("S") for row in rows
    )
    kept, records = Fields(Dialect(delimiter)), [*Fields(Dialect(delimiter)).records(out.decode())]
    for old, new in zip(kept.records(before), records, strict=True):
        assert old == new or "S" in old[0]


@given(st.text(alphabet='",\n\ra', max_size=60), st.integers(1, 9))
def test_records_are_the_same_however_the_file_is_cut(text: str, size: int) -> None:
    records, fields = Records(Dialect()), Fields(Dialect())
    chunks = list(records.chunks(io.BytesIO(text.encode()), size))
    assert b"".join(chunks) == text.encode()
    cut = [record for chunk in chunks for record in fields.records(chunk.decode())]
    assert cut == list(fields.records(text))
    assert "".join("".join(record) for record in cut) == text


@given(st.lists(st.lists(st.text(alphabet='",\n\ra ', max_size=5), min_size=2, max_size=3), min_size=1, max_size=5))
def test_fields_are_those_of_python_s_csv(rows: list[list[str]]) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    fields = Fields(Dialect())
    read = [[fields.value(one) for one in fields.split(body)] for body, odd, _ in fields.records(stream.getvalue()) if not odd]
    assert read == list(csv.reader(io.StringIO(stream.getvalue(), newline="")))


@pytest.mark.parametrize("bad", ['"', '""', '"\n', 'a,"', '",', "\r", 'x"y"\n', '"a""\n', '"a"b\n'])
def test_time_is_linear_in_hostile_input(bad: str) -> None:
    from time import process_time

    def seconds(count: int) -> float:
        records, fields = Records(Dialect()), Fields(Dialect())
        raw = b"h,k\n" + bad.encode() * count
        best = float("inf")
        for _ in range(2):
            began = process_time()
            for chunk in records.chunks(io.BytesIO(raw)):
                for _record in fields.records(chunk.decode()):
                    pass
            best = min(best, process_time() - began)
        return best

    assert seconds(120_000) < 10 * max(seconds(30_000), 0.01)
