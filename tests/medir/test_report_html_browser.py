"""The page of a search in a real browser: nothing in it runs, and its picture is shown."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from corpora import ImageRef
from medir.report_html import Asked, page
from medir.serving.indexes import Hit

Image = pytest.importorskip("PIL.Image")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium here")
PAYLOADS = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "</style></title><svg onload=\"document.title='owned'\">",
)
PROBE = "<script>document.title='owned'</script></body>"


def shown(path: Path, text: str, *flags: str) -> str:
    """The document as it stands once the browser has read it."""
    path.write_text(text, encoding="utf-8")
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={path.parent / 'profile'}", *flags)
    done = subprocess.run([BROWSER, *options, path.as_uri()], capture_output=True, text=True, timeout=120, check=False)
    return done.stdout


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    hits = [Hit(rank, payload, 1.0, payload, payload) for rank, payload in enumerate(PAYLOADS, 1)]
    text = page(Asked("notes", "bm25", PAYLOADS[0]), hits, [()] * len(hits))
    seen = shown(tmp_path / "page.html", text, "--dump-dom")
    assert "<title>owned" not in seen
    assert seen.count("&lt;script&gt;") >= 2
    assert "<title>owned" not in shown(tmp_path / "probe.html", text.replace("</body>", PROBE), "--dump-dom")  # the page's policy
    bare = shown(tmp_path / "bare.html", f"<title>x</title><body>{PROBE}", "--dump-dom")
    assert "<title>owned" in bare  # so that this test can fail


def test_the_picture_is_painted(tmp_path: Path) -> None:
    Image.fromarray(np.full((64, 64, 3), (200, 30, 30), np.uint8)).save(tmp_path / "red.png")
    picture = ImageRef(str(tmp_path / "red.png"))
    text = page(Asked("notes", "bm25", "fever"), [Hit(1, "d1", 1.0, "T", "t", ("red.png",))], [(picture,)])
    shown(tmp_path / "page.html", text, f"--screenshot={tmp_path / 'page.png'}", "--window-size=600,600")
    painted = np.asarray(Image.open(tmp_path / "page.png").convert("RGB")).astype(int)
    assert (np.abs(painted - (200, 30, 30)).max(axis=2) < 12).sum() > 1000
