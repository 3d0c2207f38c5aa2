"""Names by a model: a tiny one, made and trained here, that knows a few words; spans, windows, settings, hooks."""

from __future__ import annotations

import json
import random
import shutil
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from bartizan import Action, Guard, MissingExtra, PolicyError, Principal
from bartizan_redaction import Config, Redaction

if TYPE_CHECKING:
    from pathlib import Path

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

KNOWN = {"jane": 1, "doe": 2, "acme": 3, "corp": 4, "paris": 5, "omar": 1, "zo": 1, "##rba": 2, "lille": 7}
LABELS = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC"]
OTHERS = [
    "said",
    "that",
    "works",
    "at",
    "in",
    "and",
    "went",
    "to",
    ".",
    ",",
    "the",
    "a",
    "'",
    "s",
    "-",
    "(",
    ")",
    "note",
    "order",
]
WINDOW = 32


def saved(folder: Path, labels: list[str]) -> Path:
    """A BERT of one small layer, trained until it says of each known word what KNOWN says."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *KNOWN, *OTHERS]
    tokens = Tokenizer(models.WordPiece({word: index for index, word in enumerate(words)}, unk_token="[UNK]"))
    tokens.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokens.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokens.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokens,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=WINDOW,
    )
    torch.manual_seed(0)
    torch.set_num_threads(1)  # threads that wait for each other are all the work there is in so small a model
    model = BertForTokenClassification(
        BertConfig(
            vocab_size=len(words),
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=WINDOW + 2,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            id2label=dict(enumerate(labels)),
            label2id={label: index for index, label in enumerate(labels)},
        )
    )
    rng, classes = random.Random(0), torch.tensor([KNOWN.get(word, 0) for word in words])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(150):
        inner = torch.tensor(
            [[rng.randrange(4, len(words)) if rng.random() < 0.9 else 1 for _ in range(WINDOW - 2)] for _ in range(8)]
        )
        ids = torch.cat([torch.full((8, 1), 2), inner, torch.full((8, 1), 3)], dim=1)
        loss = model(input_ids=ids, labels=classes[ids]).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.05, "the tiny model did not learn its words"
    model.save_pretrained(folder)
    wrapped.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("ner"), LABELS)


def settings(model: Path, **ner: Any) -> Config:
    return Config.model_validate_json(json.dumps({"entities": [], "ner": {"model": str(model), **ner}}), strict=True)


@pytest.fixture(scope="module")
def plugin(model: Path) -> Redaction:
    return Redaction(settings(model, batch_size=3))


def found(plugin: Redaction, text: str) -> list[tuple[str, str]]:
    assert plugin.names is not None
    (findings,) = plugin.names.find([text])
    return [(finding.label, text[finding.start : finding.end]) for finding in findings]


class TestSpans:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "Jane Doe works at Acme Corp in Paris.",
                [("PERSON", "Jane Doe"), ("ORGANIZATION", "Acme Corp"), ("LOCATION", "Paris")],
            ),
            ("(Jane), Omar", [("PERSON", "Jane"), ("PERSON", "Omar")]),
            ("Jane Omar said", [("PERSON", "Jane"), ("PERSON", "Omar")]),
            ("Jane\n Doe", [("PERSON", "Jane\n Doe")]),
            ("jane's", [("PERSON", "jane")]),
            ("Zorba went to Lille", [("PERSON", "Zorba")]),
            ("\U0001f600\U0001f600 J\u00e4ne and Omar", [("PERSON", "J\u00e4ne"), ("PERSON", "Omar")]),
            ("\ud800 Omar \udfff Paris", [("PERSON", "Omar"), ("LOCATION", "Paris")]),
            ("\u5de5Paris\u5de5", [("LOCATION", "Paris")]),
            ("e\u0301 Omar", [("PERSON", "Omar")]),
            ("[SEP] Omar [CLS] Paris", [("PERSON", "Omar"), ("LOCATION", "Paris")]),
            ("the order", []),
            ("   ", []),
            ("", []),
        ],
    )
    def test_names_are_found_with_their_exact_span(self, plugin: Redaction, text: str, expected: list[tuple[str, str]]) -> None:
        assert found(plugin, text) == expected

    @pytest.mark.parametrize("filler", ["a ", "\U0001f600 ", "e\u0301 ", "the note, "])
    def test_every_name_of_a_long_text_is_found_wherever_the_windows_are_cut(self, plugin: Redaction, filler: str) -> None:
        for gap in [*range(1, 10), *range(10, 2 * WINDOW, 7)]:
            text = "".join(f"{filler * gap}Jane Doe " for _ in range(4))
            assert found(plugin, text) == [("PERSON", "Jane Doe")] * 4, gap

    def test_several_texts_at_once_give_what_each_gives_alone(self, plugin: Redaction) -> None:
        texts = ["Jane", "", "the note " * 100 + "Omar", "Paris and Acme", "Jane", "\ud800"]
        assert plugin.names is not None
        together = plugin.names.find(texts)
        for text, findings in zip(texts, together, strict=True):
            alone = plugin.names.find([text])[0]
            assert [(f.label, f.start, f.end) for f in findings] == [(f.label, f.start, f.end) for f in alone]
        assert [len(findings) for findings in together] == [1, 0, 1, 2, 1, 0]

    def test_findings_ask_to_be_redacted_with_the_models_probability(self, plugin: Redaction) -> None:
        assert plugin.names is not None
        (finding,) = plugin.names.find(["Paris"])[0]
        assert finding.action is Action.REDACT
        assert 0.9 < finding.score <= 1.0

    def test_threads_find_the_same(self, plugin: Redaction) -> None:
        text, wrong = "Jane Doe works at Acme Corp. " * 20, []

        def work() -> None:
            wrong.extend(got for _ in range(5) if len(got := found(plugin, text)) != 40)

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert wrong == []


@pytest.fixture(scope="module")
def guard(model: Path) -> Guard:
    policy = {
        "guard": {"plugins": ["redaction"], "timeout_s": 60.0},
        "plugins": {"redaction": {"style": "pseudonym", "ner": {"model": model.name}, "allow_list": ["Omar"]}},
    }
    return Guard.from_dict(policy, base=model.parent)


class TestInAGuard:
    def test_prompts_and_answers_lose_names_and_the_rest(self, guard: Guard) -> None:
        session = guard.session(Principal("u"), id="s")
        sent = session.pre_prompt("Jane Doe, jane@example.org, and Omar went to Paris").text
        for value in ("Jane", "Doe", "example", "Paris"):
            assert value not in sent
        assert "Omar" in sent, "allowed"
        assert "<PERSON_1_" in sent
        assert "<EMAIL_ADDRESS_1_" in sent
        assert session.post_response(sent).text == "Jane Doe, jane@example.org, and Omar went to Paris"
        assert session.post_response("ask Acme").text == "ask <ORGANIZATION>"

    def test_a_stream_is_held_until_its_end_and_equals_the_whole(self, guard: Guard) -> None:
        stream = guard.open_stream()
        assert stream.holds
        assert [stream.feed(piece) for piece in ("Ja", "ne Do", "e and the rest " * 40)] == ["", "", ""]
        assert stream.end() == guard.post_response("Jane Doe and the rest " + "e and the rest " * 39).text

    def test_segments_are_told_apart_and_system_text_keeps_names(self, guard: Guard) -> None:
        prompt = guard.session().pre_prompt
        from bartizan import Prompt

        messages = [
            {"role": "system", "content": "Jane"},
            {"role": "user", "content": "to Paris"},
            {"role": "user", "content": ""},
        ]
        verdict = prompt(Prompt.from_messages(messages))
        assert verdict.segments[0].text == "Jane"
        assert verdict.segments[1].text.startswith("to <LOCATION_1_")
        assert {(finding.label, finding.segment) for finding in verdict.findings} == {("PERSON", 0), ("LOCATION", 1)}

    def test_history_is_read_once_in_a_session(self, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        plugin = Redaction(settings(model))
        assert plugin.names is not None
        read: list[str] = []
        tokens = plugin.names._model.tokens
        monkeypatch.setattr(plugin.names._model, "tokens", lambda texts: read.extend(texts) or tokens(texts))
        session = Guard(plugins=[plugin], timeout_s=60).session(Principal("u"), id="s")
        assert session.pre_prompt(["Jane", "Omar"]).findings == session.pre_prompt(["Jane", "Omar"]).findings
        session.pre_prompt(["Jane", "Omar", "Paris"])
        assert read == ["Jane", "Omar", "Paris"]
        assert "Jane" not in repr(session.scope.state)

    def test_labels_and_groups_are_the_policys_to_use(self, model: Path, plugin: Redaction) -> None:
        assert plugin.labels == {"PERSON", "ORGANIZATION", "LOCATION"}
        assert plugin.groups["pii"] == plugin.groups["names"] == plugin.labels
        table = {"ner": {"model": str(model)}, "entities": ["PERSON"], "actions": {"names": "block"}}
        guard = Guard.from_dict({"guard": {"plugins": ["redaction"], "timeout_s": 60.0}, "plugins": {"redaction": table}})
        assert guard.pre_prompt("Omar").blocked

    def test_texts_of_data_sets_come_to_a_scanner_of_their_own(self, plugin: Redaction) -> None:
        scanner = plugin.scanners[1]
        assert scanner.hooks == {"on_train"}
        assert [(f.label, f.start, f.end) for f in scanner.scan("author: Jane Doe", 8)] == [("PERSON", 8, 16)]
        assert list(scanner.scan("Jane: Omar", 6)) == list(plugin.names.find(["Jane: Omar"])[0][1:])  # type: ignore[union-attr]


def test_without_a_model_no_hook_is_asked_and_streams_flow() -> None:
    plugin = Redaction(Config())
    assert plugin.enabled_hooks == frozenset()
    assert plugin.names is None
    assert len(plugin.scanners) == 1
    assert "names" not in plugin.groups
    assert not Guard().open_stream().holds


class TestSettings:
    def test_labels_may_be_mapped_and_ignored(self, model: Path) -> None:
        plugin = Redaction(settings(model, labels={"PER": "EMPLOYEE", "MISC": "CITY", "ORG": "ignore"}))
        assert plugin.labels == {"EMPLOYEE", "CITY", "LOCATION"}
        assert found(plugin, "Jane at Acme in Lille, Paris") == [("EMPLOYEE", "Jane"), ("CITY", "Lille"), ("LOCATION", "Paris")]

    def test_a_higher_threshold_finds_less(self, model: Path) -> None:
        assert found(Redaction(settings(model, threshold=1.0)), "Jane and Acme and Paris") == []

    @pytest.mark.parametrize(
        ("ner", "says"),
        [
            ({"model": "nowhere"}, "there is no such folder"),
            ({"model": "."}, "has no config.json"),
            ({"model": "model", "labels": {"PER": "a person"}}, "capitals, digits and underscores"),
            ({"model": "model", "threshold": 0}, "greater than 0"),
            (
                {"model": "model", "labels": {"PERSON": "PERSON"}},
                "names 'PERSON', which the model doesn't have: it has LOC, MISC, ORG, PER",
            ),
            ({"model": "model", "labels": dict.fromkeys(["PER", "LOC", "ORG"], "ignore")}, "leaves nothing to find"),
            ({"model": "model", "device": "abacus"}, "can't be put on device 'abacus'"),
            ({"model": "headless"}, "names no architecture that ends in ForTokenClassification"),
            ({"model": "torn"}, "a config.json that can't be read"),
            ({"model": "weightless"}, "can't be loaded"),
            ({"model": "relabelled"}, "must say what the model's FISH mean"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_what_can_t_work_refuses_to_start(self, model: Path, tmp_path: Path, ner: dict[str, Any], says: str) -> None:
        shutil.copytree(model, tmp_path / "model")
        for name in ("headless", "torn", "weightless", "relabelled"):
            shutil.copytree(model, tmp_path / name)
        config = json.loads((model / "config.json").read_text("utf-8"))
        (tmp_path / "headless" / "config.json").write_text(json.dumps({**config, "architectures": ["BertModel"]}), "utf-8")
        (tmp_path / "torn" / "config.json").write_text("{", "utf-8")
        (tmp_path / "weightless" / "model.safetensors").unlink()
        labels = {str(index): label.replace("LOC", "FISH") for index, label in enumerate(LABELS)}
        (tmp_path / "relabelled" / "config.json").write_text(json.dumps({**config, "id2label": labels}), "utf-8")
        policy = {"guard": {"plugins": ["redaction"]}, "plugins": {"redaction": {"ner": ner}}}
        with pytest.raises(PolicyError) as caught:
            Guard.from_dict(policy, base=tmp_path)
        assert says in str(caught.value)
        assert "plugins.redaction.ner" in str(caught.value)

    def test_names_without_a_model_are_refused_with_what_to_do(self) -> None:
        with pytest.raises(PolicyError, match=r"name its folder under \[plugins.redaction.ner\]"):
            Guard.from_dict({"guard": {"plugins": ["redaction"]}, "plugins": {"redaction": {"entities": ["PERSON"]}}})

    def test_without_transformers_it_says_what_to_install(self, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "transformers", None)
        with pytest.raises(MissingExtra, match=r"pip install 'bartizan\[ner\]'"):
            Redaction(settings(model))

    def test_a_model_that_lacks_weights_of_its_head_is_refused(self, model: Path, tmp_path: Path) -> None:
        from safetensors.torch import load_file, save_file

        shutil.copytree(model, tmp_path / "m")
        weights = load_file(tmp_path / "m" / "model.safetensors")
        save_file(
            {name: tensor for name, tensor in weights.items() if not name.startswith("classifier")},
            tmp_path / "m" / "model.safetensors",
            {"format": "pt"},
        )
        with pytest.raises(PolicyError, match="no weights for all of its layers"):
            Redaction(settings(tmp_path / "m"))

    def test_reprs_hold_no_values(self, plugin: Redaction) -> None:
        assert repr(plugin.names) == "NameFinder(3 labels)"
        assert repr(plugin.scanners[1]) == "NameScanner(NameFinder(3 labels))"
