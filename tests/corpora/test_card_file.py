from __future__ import annotations

from pathlib import Path

import pytest

from corpora.card_file import read_card
from corpora.errors import InputError


def write(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "card.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_every_kind_of_value_is_read(tmp_path):
    text = """
    name = "mine"
    language = "zh"
    text_rule = "text"
    measures = ["nDCG@10", "R@100"]
    trained_on = []
    drop_same_id = true
    version = 3
    [counts]
    documents = 7
    """
    card = read_card(write(tmp_path, text))
    assert (card.name, card.language, card.text_rule, card.version, card.drop_same_id) == ("mine", "zh", "text", 3, True)
    assert card.measures == ("nDCG@10", "R@100")
    assert card.trained_on == ()
    assert card.counts == {"documents": 7}
    assert card.main == "nDCG@10"


def test_a_byte_order_mark_is_no_obstacle(tmp_path):
    assert read_card(write(tmp_path, b'\xef\xbb\xbfname = "mine"\r\n')).name == "mine"


def test_the_file_s_name_goes_before_the_default(tmp_path):
    assert read_card(write(tmp_path, 'language = "en"'), name="folder").name == "folder"
    assert read_card(write(tmp_path, 'name = "mine"'), name="folder").name == "mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "x"\nlicense = "MIT"', "unknown key 'license'"),
        ('name = "x"\n[build]\nfile = "y"', "unknown key 'build'"),
        ("name = 3", "'name' is 3"),
        ('name = "x"\nversion = true', "'version' is True"),
        ('name = "x"\nmeasures = "nDCG@10"', "'measures' is 'nDCG@10'"),
        ('name = "x"\nslices = [1]', "'slices' is [1]"),
        ('name = "x"\ncounts = {documents = "many"}', "'counts' is"),
        ('name = "x"\ntext_rule = "both"', "'text_rule' is 'both'"),
        ('language = "en"', "no 'name'"),
        ('name = "x', "not TOML"),
        (b'name = "\xff"', "not UTF-8 at byte 8"),
    ],
)
def test_a_wrong_card_is_refused_by_file_and_key(tmp_path, text, said):
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_card(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.mend


def test_a_missing_card_says_so(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_card(tmp_path / "card.toml")
