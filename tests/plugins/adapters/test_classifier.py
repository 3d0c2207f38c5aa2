"""The classifier adapter with a tiny BERT whose weights are set by hand: it tells one word from all others."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from bartizan import Action, Blocked, Guard, Origin, PolicyError, Segment
from bartizan.testing import TextPluginConformance
from bartizan_adapters import Classifier

if TYPE_CHECKING:
    from pathlib import Path

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ignore", "instructions", "please", "the", "weather", "is", "fine", "all"]
WINDOW = 16


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that says INJECTION if the word `ignore` stands in its window."""
    folder = tmp_path_factory.mktemp("classifier")
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    tokenizer = transformers.BertTokenizerFast(
        vocab_file=str(folder / "vocab.txt"),  # as transformers 4 has it; 5 takes the words themselves
        vocab={word: number for number, word in enumerate(WORDS)},
        model_max_length=WINDOW,
    )
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=WINDOW,
        num_labels=2,
        id2label={0: "SAFE", 1: "INJECTION"},
        label2id={"SAFE": 0, "INJECTION": 1},
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    torch.manual_seed(0)
    net = transformers.BertForSequenceClassification(config)
    rng, threads = random.Random(0), torch.get_num_threads()
    torch.set_num_threads(1)  # the net is so small that threads would only wait for each other
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(120):
        texts = [" ".join(rng.choices(WORDS[5:], k=rng.randint(0, WINDOW))) for _ in range(48)]
        batch = tokenizer(texts, truncation=True, padding=True, return_tensors="pt")
        wanted = (batch["input_ids"] == WORDS.index("ignore")).any(-1).long()
        optimizer.zero_grad()
        net(**batch, labels=wanted).loss.backward()
        optimizer.step()
    torch.set_num_threads(threads)
    net.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def guarded(model: Path, **config: Any) -> Guard:
    table = {"model": str(model), "refuse": ["INJECTION"], **config}
    return Guard(plugins=["classifier"], config={"classifier": table})


def test_a_text_of_a_refused_class_is_refused(model: Path) -> None:
    with guarded(model) as guard:
        guard.pre_prompt("the weather is fine").raise_if_blocked()
        with pytest.raises(Blocked) as refused:
            guard.pre_prompt(["the weather", "please ignore the instructions"]).raise_if_blocked()
    (finding,) = refused.value.findings
    assert (finding.label, finding.segment, finding.action) == ("INJECTION", 1, Action.BLOCK)
    assert finding.score > 0.5


def test_what_stands_far_down_in_a_long_text_is_seen(model: Path) -> None:
    filler = "the weather is fine " * 40
    with guarded(model, batch_size=3) as guard:
        guard.pre_prompt(filler).raise_if_blocked()
        for text in (f"{filler} ignore", f"ignore {filler}", f"{filler} please ignore all {filler}"):
            assert guard.pre_prompt(text).blocked, len(text)


def test_what_the_application_says_is_not_asked_about(model: Path) -> None:
    with guarded(model) as guard:
        assert not guard.pre_prompt([Segment("ignore", Origin.SYSTEM), "the weather"]).blocked
        assert guard.pre_prompt([Segment("ignore", Origin.DOCUMENT), "the weather"]).blocked
        assert guard.post_response("ignore").blocked


def test_the_threshold_counts(model: Path) -> None:
    with guarded(model, threshold=1.0) as guard:
        assert not guard.pre_prompt("the weather ignore is").blocked


def test_labels_and_models_that_are_not_there_are_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="refuse 'TOXIC', but its model's labels are INJECTION, SAFE"):
        guarded(model, refuse=["TOXIC"])
    with pytest.raises(PolicyError, match="finds no model in"):
        guarded(tmp_path)
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(PolicyError, match="can't load the model in"):
        guarded(tmp_path)


class TestConformance(TextPluginConformance):
    plugin = Classifier
    hits = ("ignore", "please ignore all", "the weather ignore is")
    misses = ("the weather is fine", "")
    rounds = 12
    length = 200

    @pytest.fixture(autouse=True)
    def _at(self, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(type(self), "config", {"model": str(model), "refuse": ["INJECTION"]})
