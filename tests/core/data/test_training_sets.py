"""on_train gives every kind of data set back with its text sanitised, the one it was given unchanged, and says what it did."""

from __future__ import annotations

import asyncio
import copy
import json
import warnings
from typing import TYPE_CHECKING, Any

import datasets
import pandas as pd
import pyarrow as pa
import pytest
from support.doubles import BLOCK, NOTE, guarded, plugin, scanning

from bartizan import BartizanError, Event, Guard, PluginError, TrainingJob
from bartizan.data import DataError, RowError
from bartizan.testing import PLANTED

if TYPE_CHECKING:
    from pathlib import Path

EMAIL = PLANTED["EMAIL_ADDRESS"]
SECRET = "hunter2" + "ABCxyz9"
GONE = "<EMAIL_ADDRESS>"
ROWS = [{"id": i, "body": f"mail {EMAIL}" if i % 2 else "fine", "other": EMAIL} for i in range(5)]
CLEAN = [{**row, "body": row["body"].replace(EMAIL, GONE)} for row in ROWS]


@pytest.fixture(autouse=True)
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    datasets.disable_progress_bars()
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    yield
    datasets.enable_progress_bars()


def job(dataset: Any, *columns: str) -> TrainingJob:
    return TrainingJob(dataset, columns or ("body",), dataset_id="tickets")


def columns_of(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


KINDS: dict[str, tuple[Any, Any]] = {
    "rows": (lambda: copy.deepcopy(ROWS), lambda out: out),
    "tuple": (lambda: tuple(copy.deepcopy(ROWS)), list),
    "columns": (
        lambda: columns_of(ROWS),
        lambda out: [dict(zip(out, row, strict=True)) for row in zip(*out.values(), strict=True)],
    ),
    "pandas": (lambda: pd.DataFrame(ROWS), lambda out: out.to_dict("records")),
    "arrow": (lambda: pa.Table.from_pylist(ROWS), lambda out: out.to_pylist()),
    "batch": (lambda: pa.RecordBatch.from_pylist(ROWS), lambda out: out.to_pylist()),
    "hf": (lambda: datasets.Dataset.from_list(ROWS), lambda out: out.to_list()),
    "hf dict": (lambda: datasets.DatasetDict(train=datasets.Dataset.from_list(ROWS)), lambda out: out["train"].to_list()),
    "hf stream": (lambda: datasets.Dataset.from_list(ROWS).to_iterable_dataset(), list),
    "iterator": (lambda: iter(copy.deepcopy(ROWS)), list),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("asynchronous", [False, True])
def test_every_kind_of_set_comes_back_sanitised_as_the_same_kind(redaction: Guard, kind: str, asynchronous: bool) -> None:
    make, rows = KINDS[kind]
    given = make()
    out = asyncio.run(redaction.aon_train(job(given))) if asynchronous else redaction.on_train(job(given))
    assert rows(out.dataset) == CLEAN
    if kind != "iterator":
        assert type(out.dataset) is type(given)
        assert rows(given) == ROWS
    record = out.decisions["sanitize"]
    assert record["findings"] == {"body": {"EMAIL_ADDRESS": 2}}
    assert (record["rows"], record["policy"], record["columns"]) == (5, redaction.digest, ["body"])
    assert record["lazy"] is (kind in {"iterator", "hf stream"})
    assert EMAIL not in repr(record) + json.dumps(dict(record))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"hf stream", "iterator"}])
def test_a_missing_column_names_the_nearest_and_one_without_text_is_refused(redaction: Guard, kind: str) -> None:
    given = KINDS[kind][0]()
    with pytest.raises(DataError, match="has no column 'bdy'"):
        redaction.on_train(job(given, "bdy"))
    with pytest.raises(DataError, match=r"'id' holds int(64)?, not text"):
        redaction.on_train(job(given, "id"))


def test_lazy_sets_are_counted_as_they_are_read(redaction: Guard) -> None:
    read: list[int] = []

    def rows() -> Any:
        for number, row in enumerate(ROWS):
            read.append(number)
            yield row

    out = redaction.on_train(job(rows()))
    record = out.decisions["sanitize"]
    assert (read, record["rows"]) == ([], 0)
    assert [next(out.dataset)["body"], next(out.dataset)["body"]] == ["fine", f"mail {GONE}"]
    assert (read, record["rows"], record["findings"]) == ([0, 1], 2, {"body": {"EMAIL_ADDRESS": 1}})


def test_a_stream_that_does_not_know_its_columns_is_sanitised_all_the_same(redaction: Guard) -> None:
    def rows() -> Any:
        yield from ROWS

    stream = datasets.IterableDataset.from_generator(rows)
    assert stream.column_names is None
    assert list(redaction.on_train(job(stream)).dataset) == CLEAN
    with pytest.raises(DataError, match="the table has no column 'nope'"):
        list(redaction.on_train(job(stream, "nope")).dataset)


def test_nested_columns_are_judged_leaf_by_leaf_under_their_keys(redaction: Guard) -> None:
    row = {"meta": {"password": SECRET, "n": [EMAIL, 5, None]}, "chat": [{"role": "user", "content": EMAIL}]}
    out = redaction.on_train(job([row], "meta", "chat.content")).dataset
    assert out == [{"meta": {"password": "<GENERIC_SECRET>", "n": [GONE, 5, None]}, "chat": [{"role": "user", "content": GONE}]}]
    typed = {"meta": {"password": SECRET, "n": [5, None]}, "chat": [{"role": EMAIL, "content": EMAIL}]}
    out = redaction.on_train(job(datasets.Dataset.from_list([typed]), "meta.password", "chat.content")).dataset[0]
    assert out == {"meta": {"password": "<GENERIC_SECRET>", "n": [5, None]}, "chat": [{"role": EMAIL, "content": GONE}]}


def test_a_number_in_a_python_row_becomes_a_label_and_in_a_typed_set_it_is_no_text(redaction: Guard) -> None:
    card = int(PLANTED["CREDIT_CARD"].replace(" ", ""))
    row = {"body": {"card": card, "text": "x"}}
    assert redaction.on_train(job([row])).dataset == [{"body": {"card": "<CREDIT_CARD>", "text": "x"}}]
    assert redaction.on_train(job(datasets.Dataset.from_list([row]))).dataset[0] == row


class TestPandas:
    def test_index_types_and_missing_values_are_kept(self, redaction: Guard) -> None:
        frame = pd.DataFrame(
            {
                "s": [EMAIL, None, "x"],
                "o": pd.Series([EMAIL, float("nan"), pd.NA], dtype=object),
                "c": pd.Categorical([EMAIL, "a", EMAIL]),
            }
        )
        frame.index = pd.Index([7, 8, 7])
        before = frame.copy(deep=True)
        out = redaction.on_train(job(frame, "s", "o", "c")).dataset
        pd.testing.assert_frame_equal(frame, before)
        assert list(out.index) == [7, 8, 7]
        assert [str(kind) for kind in out.dtypes] == [str(kind) for kind in frame.dtypes]
        assert out["s"].tolist()[::2] == [GONE, "x"]
        assert out["s"].isna().tolist() == [False, True, False]
        assert out["o"].isna().tolist() == [False, True, True]
        assert out["c"].tolist() == [GONE, "a", GONE]

    def test_columns_of_one_name_are_refused(self, redaction: Guard) -> None:
        with pytest.raises(DataError, match="2 columns 'body'"):
            redaction.on_train(job(pd.DataFrame([["a", "b"]], columns=["body", "body"])))


class TestHuggingFace:
    def test_the_fingerprint_is_the_policy_s_and_the_columns(self, redaction: Guard) -> None:
        given = datasets.Dataset.from_list(ROWS)
        one, again = (redaction.on_train(job(given)).dataset._fingerprint for _ in range(2))
        other_columns = redaction.on_train(job(given, "body", "other")).dataset._fingerprint
        mask = Guard.from_dict({"guard": {"plugins": ["redaction"]}, "plugins": {"redaction": {"style": "mask"}}})
        other_policy = mask.on_train(job(given)).dataset._fingerprint
        assert one == again
        assert len({given._fingerprint, one, other_columns, other_policy}) == 4

    def test_keyed_hashes_under_another_key_have_another_fingerprint(self, monkeypatch: pytest.MonkeyPatch) -> None:
        policy = {
            "guard": {"plugins": ["redaction"]},
            "keys": {"hash": {"env": "TEST_KEY"}},
            "plugins": {"redaction": {"style": "hash"}},
        }
        given, found = datasets.Dataset.from_list(ROWS), []
        for key in ("k" * 16, "l" * 16):
            monkeypatch.setenv("TEST_KEY", key)
            guard = Guard.from_dict(policy)
            found.append((guard.digest, guard.on_train(job(given)).dataset._fingerprint))
        assert found[0][0] == found[1][0]
        assert found[0][1] != found[1][1]

    def test_plugins_that_the_digest_does_not_tell_apart_never_share_a_cache(self) -> None:
        given = datasets.Dataset.from_list(ROWS)
        one, other = guarded(scanning("mail")), guarded(scanning("fine"))
        assert one.digest == other.digest
        assert one.on_train(job(given)).dataset._fingerprint != other.on_train(job(given)).dataset._fingerprint

    @pytest.mark.filterwarnings(
        "ignore::pytest.PytestUnraisableExceptionWarning"
    )  # the library leaves its files to the collector
    def test_no_raw_text_is_in_a_cache_file_that_the_set_refers_to(self, redaction: Guard, tmp_path: Path) -> None:
        datasets.Dataset.from_list([*ROWS, *ROWS]).remove_columns("other").save_to_disk(str(tmp_path / "raw"))
        given = datasets.load_from_disk(str(tmp_path / "raw")).select(range(3, 7))
        out = redaction.on_train(job(given)).dataset
        files = [file["filename"] for file in out.cache_files]
        assert files
        assert not any(EMAIL.encode() in open(file, "rb").read() for file in files)  # noqa: PTH123, SIM115 (a name, read once)
        assert EMAIL.encode() in b"".join(path.read_bytes() for path in (tmp_path / "raw").glob("*.arrow"))
        mapped = out.map(lambda batch: {"length": [len(text) for text in batch["body"]]}, batched=True)
        assert mapped["length"][0] == len(f"mail {GONE}")

    @pytest.mark.filterwarnings(
        "ignore::pytest.PytestUnraisableExceptionWarning"
    )  # the library leaves its files to the collector
    def test_counts_are_right_although_the_result_was_cached_before(self, redaction: Guard, tmp_path: Path) -> None:
        datasets.Dataset.from_list(ROWS).save_to_disk(str(tmp_path / "raw"))
        for _ in range(2):
            out = redaction.on_train(job(datasets.load_from_disk(str(tmp_path / "raw"))))
            assert out.decisions["sanitize"]["findings"] == {"body": {"EMAIL_ADDRESS": 2}}

    def test_format_and_features_are_kept(self, redaction: Guard) -> None:
        given = datasets.Dataset.from_list(ROWS).with_format("numpy", columns=["id", "body"])
        out = redaction.on_train(job(given)).dataset
        assert (out.format, out.features) == (given.format, given.features)
        assert out[1]["body"] == f"mail {GONE}"


class TestWithoutText:
    def test_token_ids_are_refused_with_the_reason(self, redaction: Guard) -> None:
        torch = pytest.importorskip("torch")

        class Ids(torch.utils.data.Dataset):  # type: ignore[misc,name-defined]
            def __len__(self) -> int:
                return 1

            def __getitem__(self, index: int) -> Any:
                return {"input_ids": torch.tensor([1, 2])}

        for given in (Ids(), torch.tensor([1, 2])):
            with pytest.raises(DataError, match=r"raw text, before it is tokenised.*ids or tensors"):
                redaction.on_train(job(given, "input_ids"))

    @pytest.mark.parametrize(
        ("given", "column"),
        [
            ([{"input_ids": [1, 2], "body": b"x"}], "body"),
            ({"body": [1]}, "body"),
            (datasets.Dataset.from_list([{"input_ids": 1}]), "input_ids"),
        ],
    )
    def test_what_holds_no_text_is_refused(self, redaction: Guard, given: Any, column: str) -> None:
        with pytest.raises(DataError, match=r"not text.*before it is tokenised"):
            redaction.on_train(job(given, column))

    @pytest.mark.parametrize("given", [5, "tickets.csv", b"x", {1, 2}, object()], ids=repr)
    def test_what_is_no_set_of_rows_is_refused(self, redaction: Guard, given: Any) -> None:
        with pytest.raises(DataError, match="on_train takes"):
            redaction.on_train(job(given))

    @pytest.mark.parametrize("given", [[EMAIL], [["a"]], [None]], ids=["text", "list", "none"])
    def test_rows_that_are_no_mappings_are_refused(self, redaction: Guard, given: Any) -> None:
        with pytest.raises(RowError, match=r"row 1 is a .*, not a mapping") as caught:
            redaction.on_train(job(given))
        assert EMAIL not in str(caught.value)

    def test_a_row_s_own_keys_are_not_quoted(self, redaction: Guard) -> None:
        with pytest.raises(DataError, match=r"row 2 has no column 'body'$"):
            redaction.on_train(job([{"body": "x"}, {EMAIL: "x", "bodi": 1}]))

    def test_a_set_without_text_columns_is_left_as_it_is_and_says_so(self, redaction: Guard) -> None:
        given = object()
        out = redaction.on_train(TrainingJob(given, [], dataset_id="numbers"))
        assert out.dataset is given
        assert out.decisions["sanitize"]["columns"] == []


class TestWhatThePolicySays:
    ROWS = ({"body": "some badword"}, {"body": "fine"})

    def test_a_blocked_value_is_withheld_whole(self) -> None:
        out = guarded(scanning("badword", "BAD", BLOCK)).on_train(job(self.ROWS))
        assert out.dataset == ({"body": "<BAD>"}, {"body": "fine"})
        assert out.decisions["sanitize"]["withheld"] == 1
        assert out.dataset[1] is self.ROWS[1]

    def test_noted_findings_change_nothing(self) -> None:
        out = guarded(scanning("badword", "BAD", NOTE)).on_train(job(self.ROWS))
        assert out.dataset == self.ROWS
        assert out.decisions["sanitize"]["noted"] == {"body": {"BAD": 1}}

    def test_rules_for_on_train_and_for_documents_hold(self) -> None:
        for rule, text in (
            ({"hooks": ["on_train"]}, "some *******"),
            ({"origins": ["document"]}, "some *******"),
            ({"hooks": ["pre_prompt"]}, "some <BAD>"),
            ({"origins": ["user"]}, "some <BAD>"),
        ):
            one = scanning("badword", "BAD")
            guard = Guard(plugins=[one], config={one.name: {"rules": [{**rule, "style": "mask"}]}})
            assert guard.on_train(job(self.ROWS)).dataset[0] == {"body": text}

    def test_scanners_that_don_t_serve_training_are_not_asked(self) -> None:
        one = scanning("badword", "BAD")
        one.scanners[0].hooks = frozenset({"pre_prompt"})
        given = job(self.ROWS)
        assert guarded(one).on_train(given) is given
        assert one.scanners[0].asked == []

    def test_monitor_mode_records_and_changes_nothing(self) -> None:
        events: list[Event] = []
        guard = guarded(scanning("badword", "BAD", BLOCK), mode="monitor")
        guard.engine.reporter.add(events.append)
        out = guard.on_train(job(self.ROWS))
        assert out.dataset == self.ROWS
        assert out.decisions["sanitize"]["unenforced"] == {"body": {"BAD": 1}}
        assert not events[0].enforced

    @pytest.mark.parametrize("rules", [[], [{"labels": ["BAD"], "style": "pseudonym"}]])
    def test_pseudonyms_are_refused_with_the_way_out(self, rules: list[Any]) -> None:
        one = scanning("badword", "BAD")
        own = {"rules": rules} if rules else {"style": "pseudonym"}
        with pytest.raises(BartizanError, match='outlives it: for training set style = "hash"'):
            Guard(plugins=[one], config={one.name: own}).on_train(job(self.ROWS))
        cured = {**own, "rules": [*rules, {"hooks": ["on_train"], "style": "label"}]}
        assert Guard(plugins=[one], config={one.name: cured}).on_train(job(self.ROWS)).dataset[0] == {"body": "some <BAD>"}

    def test_a_scanner_that_fails_refuses_or_is_gone_without(self) -> None:
        class Failing:
            pointwise, max_span, lookaround = True, 5, 0

            def scan(self, text: str, start: int = 0) -> list[Any]:
                raise ValueError(text)

        with pytest.raises(PluginError, match="raised ValueError in on_train") as caught:
            guarded(plugin("broken", scanners=[Failing()])).on_train(job(self.ROWS))
        assert "badword" not in str(caught.value)
        assert caught.value.__context__ is None
        guard = guarded(plugin("broken", scanners=[Failing()]), scanning("badword", "BAD"), on_error="continue")
        out = guard.on_train(job(self.ROWS))
        assert out.dataset[0] == {"body": "some <BAD>"}
        assert out.decisions["sanitize"]["failed"] == {"broken": 2}


def test_plugins_get_the_sanitised_set_and_can_t_take_the_record_away() -> None:
    seen: list[Any] = []

    def on_train(self: Any, job: TrainingJob, context: Any) -> TrainingJob:
        seen.append(job.dataset)
        return TrainingJob(
            job.dataset[:1], job.text_columns, dataset_id=job.dataset_id, decisions={"mine": 1, "sanitize": "forged"}
        )

    guard = guarded(plugin("dedupe", on_train=on_train), scanning("fine", "FOUND"))
    out = guard.on_train(job(ROWS))
    assert [row["body"] for row in seen[0]] == [row["body"].replace("fine", "<FOUND>") for row in ROWS]
    assert len(out.dataset) == 1
    assert out.decisions["mine"] == 1
    assert out.decisions["sanitize"]["findings"] == {"body": {"FOUND": 3}}


def test_observers_are_told_in_numbers(redaction: Guard) -> None:
    events: list[Event] = []
    redaction.engine.reporter.add(events.append)
    try:
        redaction.on_train(job(ROWS))
        with pytest.raises(DataError):
            redaction.on_train(job(ROWS, "nope"))
    finally:
        redaction.engine.reporter.remove(events.append)
    assert [(event.hook, event.findings, event.findings_left_out, bool(event.refused)) for event in events] == [
        ("on_train", (), 2, False),
        ("on_train", (), 0, True),
    ]
    assert [(run.plugin, run.status) for run in events[0].runs] == [("redaction", "ran")]


def test_an_unexpected_error_is_told_without_its_text(redaction: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError(EMAIL)

    monkeypatch.setattr("bartizan.data._sets.sanitize_rows", broken)
    with pytest.raises(BartizanError, match="sanitising the data set raised ValueError") as caught:
        redaction.on_train(job(ROWS))
    assert EMAIL not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_several_threads_may_read_sets_of_one_guard(redaction: Guard) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with warnings.catch_warnings(), ThreadPoolExecutor(4) as pool:
        for out in pool.map(lambda _: redaction.on_train(job(ROWS * 40)), range(8)):
            assert out.decisions["sanitize"]["findings"] == {"body": {"EMAIL_ADDRESS": 80}}
