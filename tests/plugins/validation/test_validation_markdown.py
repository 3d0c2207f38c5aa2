# ruff: noqa: RUF001 (look-alikes are what is tested)
"""Images and links that lead away are found however they are written; the others are left alone."""

from __future__ import annotations

import time

import pytest
from pydantic import ValidationError

from bartizan import Action, Guard
from bartizan_validation import MARKDOWN_IMAGE, MARKDOWN_LINK, MARKDOWN_REFERENCE, Config, Validation
from bartizan_validation._labels import GROUPS

ALLOWED = ("good.example", "*.cdn.example", "bücher.example")


def found(text: str, *, links: bool = False) -> list[tuple[str, str]]:
    plugin = Validation(Config(allowed_hosts=ALLOWED, check_links=links))
    out = [finding for finding in plugin.scanners[-1].scan(text) if finding.label in GROUPS["markdown"]]
    assert all(f.action is Action.REDACT and f.replacement is None for f in out)
    return [(f.label, text[f.start : f.end]) for f in out]


@pytest.mark.parametrize(
    "image",
    [
        "![a](https://evil.example/x.png)",
        "![](http://evil.example)",
        '![a](https://evil.example/x.png "title")',
        "![a](<https://evil.example/x y.png>)",
        "![a](https://evil.example/a_(1).png)",
        "![see [1] there](https://evil.example/x)",
        "![`code`](https://evil.example/x)",
        "![a](  https://evil.example/x  )",
        "![a](\nhttps://evil.example/x)",
        "![a](\n> https://evil.example/x)",
        "<img src=https://evil.example/x>",
        '<img src="//evil.example/x" alt="a">',
        "<img alt='>' src='//evil.example'>",
        "<iframe src='https://evil.example'>",
        '<source srcset="a.png 1x, //evil.example/b.png 2x">',
        '<video poster="//evil.example/p">',
        '<meta http-equiv=refresh content="0;URL=https://evil.example">',
        "<image xlink:href='//evil.example/x'/>",
    ],
)
def test_an_image_from_elsewhere_is_taken_whole(image: str) -> None:
    assert (MARKDOWN_IMAGE, image) in found(f"Look: {image} and go on.")


URL_TRICKS = [
    "https://evil.example/x",
    "HTTPS://EVIL.EXAMPLE/x",
    "//evil.example/x",
    "///evil.example/x",
    "/\\evil.example/x",
    "\\\\evil.example/x",
    "https:\\\\evil.example\\x",
    "https:/evil.example/x",
    "https:evil.example/x",
    "https:////evil.example/x",
    "https://good.example@evil.example/x",
    "https://good.example:x@evil.example/x",
    "https://evil.example\\@good.example/x",
    "https://evil.example\\.good.example/x",
    "https://good.example.evil.example/x",
    "https://evilgood.example/x",
    "https://evil.example#good.example",
    "https://evil.example?good.example",
    "https://evil.example./x",
    "https://evil.example:443/x",
    "https://%65vil.example/x",
    "https://good.example%2eevil.example/x",
    "https&colon;//evil.example/x",
    "https&#58;//evil.example/x",
    "https&#x3a;&#x2f;&sol;evil.example/x",
    "&#104;ttps://evil.example/x",
    "https\\://evil.example/x",
    "\\/\\/evil.example/x",
    "ht\ntps://evil.example/x",
    "ht\ttps://evil.example/x",
    "https://ev\nil.example/x",
    "/\t/evil.example/x",
    "https://good.example\n.evil.example/x",
    "https://good.example\t.evil.example/x",
    "https://gооd.example/x",
    "https://xn--gd-jbcb.example/x",
    "https://ｅvil.example/x",
    "https://evil。example/x",
    "https://bucher.example/x",
    "https://cdn.example/x",
    "https://evilcdn.example/x",
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https:///x",
    "ftp://evil.example/x",
    "ws://evil.example/x",
    "file://evil.example/share",
    "custom://evil.example/x",
    "https://" + "u" * 2_000 + "@evil.example/x",
    " " * 300 + "https://evil.example/x",
    "\x01https://evil.example/x",
]


@pytest.mark.parametrize("url", URL_TRICKS)
class TestNoTrickHidesTheHost:
    def test_in_an_inline_image(self, url: str) -> None:
        assert [label for label, _ in found(f"![a]({url})")] == [MARKDOWN_IMAGE]

    def test_in_angle_brackets(self, url: str) -> None:
        assert [label for label, _ in found(f"![a](<{url}>)")] == [MARKDOWN_IMAGE]

    def test_in_html(self, url: str) -> None:
        relative = url.startswith("https\\:")  # HTML knows no backslash escapes
        assert (MARKDOWN_IMAGE in [label for label, _ in found(f'<img alt="" src="{url}">')]) is not relative

    def test_in_an_inline_link(self, url: str) -> None:
        assert [label for label, _ in found(f"[a]({url})", links=True)] == [MARKDOWN_LINK]
        assert found(f"[a]({url})") == []

    def test_in_a_reference(self, url: str) -> None:
        if not any(c in url.strip() for c in "\n\t"):  # which would end it there
            assert [label for label, _ in found(f"[a]: {url}\n")] == [MARKDOWN_REFERENCE]


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://good.example/x.png",
            "HTTPS://GOOD.EXAMPLE/x",
            "https://good.example",
            "https://good.example:8443/x",
            "//good.example/x",
        ),
        *(
            "https://good.example./x",
            "https://a.b.cdn.example/x?q=1#f",
            "https://bücher.example/x",
            "https://xn--bcher-kva.example/x",
        ),
        *("https://good.example?next=//evil.example", "https://good.example/@evil.example", "https://good.example/%40evil"),
        *("img/a.png", "/img/a.png", "./a.png", "a//b.png", "#part", "?q=https://evil.example", "data:image/png;base64,//8AAA=="),
        *("cid:part1", "mailto:a@evil.example", "std::string", "", "C:\\img\\a.png"),
    ],
)
class TestWhatStaysIsLeftAlone:
    def test_in_an_inline_image(self, url: str) -> None:
        assert found(f'![a]({url})\n![a]({url} "t")', links=True) == []

    def test_in_html(self, url: str) -> None:
        assert found(f'<img src="{url}"><a href="{url}">x</a>', links=True) == []

    def test_in_a_reference(self, url: str) -> None:
        assert found(f"[a]: {url}\n\ntext", links=True) == []


@pytest.mark.parametrize(
    "text",
    [
        "![a `]` b](//evil.example)",
        "![a `[b` c `d](//evil.example)",
        "[ ![a `]` b](//evil.example)",
        "![a \\] b](//evil.example)",
        "![a \\[ b](//evil.example)",
        '![a <b t="]"> c](//evil.example)',
        '![a <b t="[x"> c](//evil.example)',
        "![a [b [c [d]]]](//evil.example)",
        "![a `[x](rel) b](//evil.example)",
        "\\![a](//evil.example)",
        "![a\nb](//evil.example)",
        "![" + "a" * 3_000 + "](//evil.example)",
        "![" + "`a` " * 800 + "](//evil.example)",
        "![" + "[a]" * 12 + "](//evil.example)",
        "![a\n    - b `c](//evil.example)",
        "![a\n14. `b](//evil.example)",
        "[![a](//evil.example)](rel)",
        "vec![1] ![a](//evil.example)",
    ],
)
def test_no_description_hides_an_image(text: str) -> None:
    label, value = found(text)[-1]
    assert label == MARKDOWN_IMAGE
    assert value.endswith("(//evil.example)")


@pytest.mark.parametrize(
    "text",
    [
        "Use `vec![1, 2]` as in [the docs](https://doc.example/vec).",
        "let a = vec![b[0]](c); [x](https://doc.example)",
        "- [`numpy.array`](https://numpy.example/array) makes one\n" * 60,
        "A [link](https://a.example) and [another](https://b.example), " * 60,
        "<a href='https://a.example'>x</a> <https://a.example>",
        "if (a <b && c> d) return x[0](y);",
        "List<Object> a = map<input, link>;",
        '<p title="https://a.example" class="x">text</p>',
        "see https://evil.example/x for more",
        "the style = free, the background: blue",
        '<p style="color: red; width: calc(1px + 2px)">',
        "array[1]: the value; x[0]:https",
    ],
)
def test_text_without_images_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("link", "whole"),
    [
        ("[a](https://evil.example)", True),
        ('[a](https://evil.example "t")', True),
        ("<https://evil.example/x>", True),
        ("<a href='https://evil.example'>", True),
        ("<A HREF=//evil.example>", True),
        ("<area href=//evil.example>", True),
        ("[`a`](javascript:alert(1))", True),
        ("[a \\] b](https://evil.example)", False),
    ],
)
def test_links_are_found_only_when_asked_for(link: str, *, whole: bool) -> None:
    assert found(f"See {link}.") == []
    ((label, value),) = found(f"See {link}.", links=True)
    assert label == MARKDOWN_LINK
    assert value == link if whole else link.endswith(value)


@pytest.mark.parametrize(
    "reference",
    [
        "[a]: https://evil.example/x",
        "[a]: <https://evil.example/x>",
        "[a]: https://evil.example/x 'title'",
        "[a]:\n  https://evil.example/x",
        "[a\\]b]: https://evil.example/x",
        "[a `b]: //evil.example",
    ],
)
def test_a_reference_that_an_image_may_use_is_found(reference: str) -> None:
    assert found(f"![x][a]\n\n> {reference}\n") == [(MARKDOWN_REFERENCE, reference)]


@pytest.mark.parametrize(
    "tag",
    [
        "<IMG SRC=//evil.example>",
        "<img/src=//evil.example>",
        "<img\nsrc\n=\n//evil.example>",
        "<img src='x' srcset=//evil.example>",
        '<img a==" b=">" src=//evil.example>',
        "<img alt=a\" title='>' src=//evil.example>",
        "<img src=//evil.example",
        "<img " + "a " * 60 + "src=//evil.example>",
        '<img alt="' + "x" * 2_000 + '" src=//evil.example>',
        "> <img\n> src=//evil.example>",
        "1. > <img\n   > src=//evil.example>",
        "<p style='background:url(//evil.example)'>",
        "<x-y style=\"background:url('//evil.example')\">",
        "<p style=background:url(//evil.example)>",
        "<p style='background:u\\72l(//evil.example)'>",
        "<p style='background:image-set(&quot;//evil.example&quot; 1x)'>",
        "<p style = 'background:url(//evil.example)'>",
        "<p style" + " " * 2_000 + "='background:url(//evil.example)'>",
        '<p title="' + "x" * 3_000 + '" style="background:url(//evil.example)">',
        "<td background=//evil.example>",
        "<a style='background:url(//evil.example)' href=rel>",
    ],
)
def test_html_that_loads_is_found(tag: str) -> None:
    assert MARKDOWN_IMAGE in [label for label, _ in found(f"{tag} text")]


def test_a_tag_in_several_lines_ends_where_it_ends() -> None:
    assert found('<img\n  src="a.png"\n>\n<a href="https://evil.example">x</a>') == []


def test_with_images_off_and_links_off_there_is_no_such_scanner() -> None:
    plugin = Validation(Config(markdown_images=False))
    assert len(plugin.scanners) == 1
    assert not plugin.labels & {MARKDOWN_IMAGE, MARKDOWN_LINK, MARKDOWN_REFERENCE}
    only_links = Validation(Config(markdown_images=False, check_links=True))
    assert [f.label for f in only_links.scanners[-1].scan("![a](//e.co) [b](//e.co)")] == [MARKDOWN_LINK]


def test_answers_alone_are_read() -> None:
    assert Validation().scanners[-1].hooks == {"post_response"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "entry", ["https://a.example", "a.example/x", "a.example:80", "*", "*.com", "a b", "", "a..b", "*.*.a.example", "-a.example"]
)
def test_what_is_no_host_is_refused(entry: str) -> None:
    with pytest.raises(ValidationError, match="is no host"):
        Config(allowed_hosts=(entry,))


@pytest.mark.parametrize(
    "unit",
    [
        "![",
        "![a](",
        "](//e",
        "[a](//e)",
        "<img ",
        "<img src=",
        "[\\[",
        "![a]](//e",
        "[x]: ",
        "style=",
        '<img a="',
        "[[a]",
        "`[",
        "\n> <img ",
        "]( ",
        "&#",
    ],
)
def test_hostile_answers_take_time_in_proportion(unit: str) -> None:
    scanner = Validation(Config(check_links=True)).scanners[-1]

    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        began = time.perf_counter()
        list(scanner.scan(text))
        return time.perf_counter() - began

    short = min(seconds(8_000) for _ in range(2))
    assert seconds(32_000) < 12 * short + 0.05


@pytest.mark.parametrize("unit", ["](//e", "<img ", "[\\[", '<img a=":', "style='x"])
def test_hostile_streams_take_time_in_proportion(unit: str) -> None:
    guard = Guard(plugins=[Validation(Config(check_links=True))])

    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        began = time.perf_counter()
        for _ in guard.stream_response(iter([text[i : i + 4] for i in range(0, len(text), 4)])):
            pass
        return time.perf_counter() - began

    assert seconds(8_000) < 12 * seconds(2_000) + 0.5
