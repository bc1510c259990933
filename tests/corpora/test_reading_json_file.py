"""A file of one JSON value, and what is wrong with one that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpora import InputError
from corpora.reading.json_file import read_json


def test_the_value_or_a_message_that_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "index.json"
    file.write_text('[{"a": "ä"}]', encoding="utf-8")
    assert read_json(file) == [{"a": "ä"}]
    file.write_text('[{"a": ', encoding="utf-8")
    for wrong in (file, tmp_path / "none.json", tmp_path):
        with pytest.raises(InputError) as fault:
            read_json(wrong)
        assert str(wrong) in fault.value.where
        assert fault.value.mend
