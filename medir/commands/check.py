"""`medir check`."""

from __future__ import annotations

from corpora import InputError
from medir.report import as_table


def check(encoder: str, /) -> None:
    """Put an encoder class through the contract tests.

    Parameters
    ----------
    encoder
        file.py:Class or module:Class (or any ENCODER that dense: takes).
    """
    from retrieval.contracts import check_encoder

    findings = check_encoder(encoder)
    failed = [finding for finding in findings if not finding.ok]
    rows = [["check", "", "reason"], *([f.name, "ok" if f.ok else "FAILS", f.reason] for f in findings)]
    if failed:
        raise InputError(
            f"{len(failed)} of {len(findings)} checks fail\n{as_table(rows)}",
            where=encoder,
            mend="mend the class and check it again",
        )
    print(as_table(rows))
