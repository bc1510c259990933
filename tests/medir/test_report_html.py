"""The page of a search: whole in one file, nothing run or fetched, whatever the titles, texts and names hold."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from corpora import ImageRef, InputError
from medir.report_html import CHARACTERS, PICTURES, Asked, check_page_place, page, write_page
from medir.serving.indexes import Hit

Image = pytest.importorskip("PIL.Image")

VOID = {"meta", "br", "img"}
KNOWN = {
    *("html", "head", "title", "style", "body", "h1", "h2", "bdi", "section", "main", "ol", "li", "article", "p", "div", "span"),
    *("code", "figure", "figcaption", *VOID),
}
HOSTILE = (
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)',
    "<img src='https://example.org/a.png'>",
    "<iframe srcdoc='<script>1</script>'></iframe>",
    "<!-- <b>",
    "-->]]><base href=https://example.org>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "javascript:alert(1)",
    "<meta http-equiv=refresh content='0;url=https://example.org'>",
    "<a href=javascript:alert(1)>x</a>",
    "\x00<b\x00>\x1b[31m",
    "\u202egnp.exe\u2066",
    "<link rel=stylesheet href=//example.org>",
    "{{7*7}}${7*7}`x`",
    "<plaintext><textarea>",
)


class Reading(HTMLParser):
    """What a browser would see: the elements with their attributes, the text, and whether every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def picture(place: Path, size: tuple[int, int] = (700, 300)) -> ImageRef:
    Image.new("RGB", size, (30, 90, 200)).save(place)
    return ImageRef(str(place))


@pytest.mark.parametrize("payload", HOSTILE)
def test_nothing_that_is_found_becomes_markup(tmp_path: Path, payload: str) -> None:
    name = re.sub(r"[/\x00]", "_", payload) + ".png"
    ref = picture(tmp_path / name)
    lost = ImageRef(str(tmp_path / f"no{name}"))
    asked = Asked(payload, payload, payload, ref, 3, language=payload, notes={payload: 1})
    hits = [Hit(1, payload, 0.5, payload, payload), Hit(2, "x" + payload, 0.25, "", payload)]
    seen = Reading(page(asked, hits, [(ref, lost), ()]))
    assert {tag for tag, _ in seen.elements} <= KNOWN
    allowed = {"alt", "src", "lang", "class", "dir", "role", "aria-label", "charset", "content", "http-equiv", "name"}
    assert {name for _, attributes in seen.elements for name in attributes} <= allowed
    assert all(one["src"].startswith("data:image/jpeg;base64,") for one in seen.of("img"))
    if payload.isprintable():
        assert seen.text.count(payload) >= 8
        assert seen.of("img")[1]["alt"] == f"Picture 1 of {payload}"
    else:
        assert not re.search("[\x00\x1b\u202e\u2066]", seen.text)


def test_the_page_needs_nothing_else_and_runs_nothing(tmp_path: Path) -> None:
    text = page(Asked("notes", "bm25", "fever"), [Hit(1, "d1", 2.0, "Fever", "hot")], [()])
    (policy,) = (one["content"] for one in Reading(text).of("meta") if one.get("http-equiv") == "Content-Security-Policy")
    style = re.search("<style>(.*?)</style>", text, re.DOTALL)
    assert style
    sha = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": f"'sha256-{sha}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    assert "http" not in text.replace("http-equiv", "")
    assert "<script" not in text
    assert "prefers-color-scheme: dark" in style[1]
    assert "@media print" in style[1]
    seen = Reading(text)
    assert seen.of("html") == [{"lang": "en"}]
    assert [len(seen.of(tag)) for tag in ("title", "h1", "main", "h2")] == [1, 1, 1, 1]
    assert "No document matches" in Reading(page(Asked("notes", "bm25", "x"), [], [])).text


def test_pictures_are_small_jpegs_with_words_beside_them(tmp_path: Path) -> None:
    refs = [picture(tmp_path / f"{number}.png") for number in range(PICTURES + 2)]
    hit = Hit(1, "d1", 0.5, "Chest", "a" * (CHARACTERS + 50))
    seen = Reading(page(Asked("notes", "dense:clip", "", refs[0]), [hit], [refs]))
    shown = seen.of("img")
    assert len(shown) == 1 + PICTURES
    assert shown[1]["alt"] == "Picture 1 of Chest"
    small = Image.open(io.BytesIO(base64.b64decode(shown[1]["src"].partition(",")[2])))
    assert small.format == "JPEG"
    assert max(small.size) <= 224
    assert "and 2 more pictures" in seen.text
    assert "0.png" in seen.text
    assert "a" * CHARACTERS not in seen.text


def test_a_picture_that_cannot_be_decoded_is_named_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    pictures = [ImageRef(str(tmp_path / "gone.png")), ImageRef(str(tmp_path / "text.png")), picture(tmp_path / "a.png")]
    seen = Reading(page(Asked("notes", "bm25", "fever"), [Hit(1, "d1", 0.5, "T", "t")], [pictures]))
    assert len(seen.of("img")) == 1
    assert "gone.png: there is no such file" in seen.text
    assert "text.png: the file is no picture" in seen.text


def test_only_a_page_of_ours_is_replaced(tmp_path: Path) -> None:
    ours, other = tmp_path / "found.html", tmp_path / "other.html"
    write_page(ours, page(Asked("notes", "bm25", "one"), [], []))
    write_page(ours, page(Asked("notes", "bm25", "zwei ö"), [], []))
    assert "zwei ö" in ours.read_text("utf-8")
    other.write_text("<p>mine</p>")
    for place, said in (
        (other, "no page of medir"),
        (tmp_path, "names a folder"),
        (tmp_path / "no" / "a.html", "no such folder"),
    ):
        with pytest.raises(InputError, match=said):
            check_page_place(place)
    assert other.read_text() == "<p>mine</p>"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["found.html", "other.html"]
