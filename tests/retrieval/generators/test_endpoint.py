"""An endpoint in one request: what is sent, what each kind of answer becomes, and what ends it all."""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from corpora import ImageRef, SurroundingsError, UsageError
from corpora.workspace import Workspace
from retrieval.cost import total
from retrieval.generators import Generation, Message, Request, Sampling, ask, make_generator
from retrieval.generators.endpoint import Endpoint
from retrieval.generators.patience import Patience
from tests.retrieval.generators.faulty_server import Books, always, by_chance, served, spent
from tests.retrieval.generators.stand_ins import said

QUICK = Patience(attempts=3, timeout=0.5, first=0.01, longest=0.05)


def model_at(url: str, options: str = "") -> Endpoint:
    made = make_generator(f"openai:smol@{url}" + (f"({options})" if options else ""))
    assert isinstance(made, Endpoint)
    return replace(made, patience=QUICK)


def asked(books: Books, *prompts: str, options: str = "", workspace: Workspace | None = None) -> list[Generation]:
    model = model_at(books.url, options)
    requests = [Request(f"q{row}", said(prompt), model.sampling) for row, prompt in enumerate(prompts or ("a",))]
    return list(ask(model, requests, workspace or Workspace()).found.values())


def first(*names: str) -> object:
    """The answers of the attempts, the last one for all that follow."""
    return lambda prompt, attempt: names[min(attempt, len(names) - 1)]


def test_a_text_comes_with_its_tokens() -> None:
    with served() as books:
        (made,) = asked(books, "fever")
    assert made.text == "A passage on fever."
    assert {"prompt_tokens": made.prompt_tokens, "completion_tokens": made.completion_tokens} == spent("fever")
    assert (made.error, made.finish, made.attempts) == ("", "stop", 1)
    assert 0 < made.seconds < 5


def test_what_is_sent(tmp_path: Path) -> None:
    picture = tmp_path / "scan.png"
    pytest.importorskip("PIL.Image").new("L", (2, 1), 7).save(picture)
    pixels = base64.b64encode(picture.read_bytes()).decode()
    messages = (Message("system", "Be brief."), Message("user", "What is it?", (ImageRef(str(picture)),)))
    options = r'temperature=0.5, top_p=0.9, max_tokens=7, seed=3, stop="END|\\n", top_k=5, repetition=1.1, presence=0.2'
    with served() as books:
        model = model_at(books.url, options)
        ask(model, [Request("q", messages, model.sampling, sample=2), Request("p", said("plain"))], Workspace())
        full, plain = sorted(books.bodies, key=len, reverse=True)
    content = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{pixels}"}},
    ]
    assert full == {
        "model": "smol", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": content}],
        "max_tokens": 7, "temperature": 0.5, "top_p": 0.9, "seed": 5, "stop": ["END", "\n"], "top_k": 5,
        "repetition_penalty": 1.1, "repeat_penalty": 1.1, "presence_penalty": 0.2,
    }  # fmt: skip
    assert set(plain) == {"model", "messages", "max_tokens", "temperature"}


@pytest.mark.parametrize(
    "fault", ["429", "500", "503", "408", "409", "hang", "cut", "torn", "empty", "schema", "reset", "endless"]
)
def test_a_passing_fault_is_mended_by_another_attempt(fault: str) -> None:
    with served(first(fault, "good")) as books:
        (made,) = asked(books)
    assert made.text == "A passage on a."
    assert made.attempts == 2
    assert books.asked["a"] == [fault, "good"]


@pytest.mark.parametrize(
    ("fault", "cause"),
    [("429", "limit"), ("500", "server"), ("cut", "cut"), ("torn", "cut"), ("empty", "empty"), ("schema", "schema")],
)
def test_a_lasting_fault_is_a_failure_with_its_cause(fault: str, cause: str) -> None:
    with served(always(fault)) as books:
        (made,) = asked(books)
    assert (made.text, made.error, made.attempts) == ("", cause, 3)
    assert books.calls == 3


@pytest.mark.parametrize(("fault", "cause"), [("hang", "timeout"), ("reset", "connection")])
def test_so_is_silence_once_the_server_has_spoken(fault: str, cause: str) -> None:
    with served(lambda prompt, attempt: fault if prompt == "b" else "good") as books:
        assert [one.error for one in asked(books, "a", "b")] == ["", cause]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ("fails:400 This model's maximum context length is 2048 tokens, your prompt has 9000", "context"),
        ("fails:400 the request exceeds the available context size (2048 tokens), try increasing it", "context"),
        ("fails:413 prompt is too long", "context"),
        ("fails:500 context size exceeded", "context"),
        ("fails:400 blocked by the content filter", "filter"),
        ("fails:403 Your chosen model requires moderation and your input was flagged", "filter"),
        ("fails:403 content policy", "filter"),
        ("fails:400 DataInspectionFailed: input may contain inappropriate content", "filter"),
        ("blank", "empty"),
        ("fails:422 temperature is not a number", "refused"),
        ("finish:content_filter", "filter"),
        ("declines", "refusal"),
        ("says:I'm sorry, but I can't assist with that request.", "refusal"),
        ("says:抱歉，我无法提供医疗建议。请咨询专业医生。", "refusal"),
    ],
)
def test_what_another_attempt_cannot_mend_is_asked_once(answer: str, cause: str) -> None:
    with served(lambda prompt, attempt: answer) as books:
        (made,) = asked(books)
        assert (made.text, made.error) == ("", cause)
        assert made.detail
        assert books.calls == 1
        asked(books)
        assert books.calls == 1 + (cause == "refused")


def test_a_lasting_failure_is_kept_and_counted_each_time() -> None:
    with served(lambda prompt, attempt: "declines" if prompt == "a" else "fails:400 prompt is too long") as books:
        model = model_at(books.url)
        first, again = (ask(model, [Request(p, said(p), model.sampling) for p in "ab"], Workspace()) for _ in range(2))
    assert books.calls == 2
    assert first.notes == again.notes == {
        "failed_generations_queries": 2, "failed_refusal_queries": 1, "failed_context_queries": 1,
    }  # fmt: skip
    assert (total(first.bill).calls, total(again.bill).calls) == (2, 0)


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_ends_it_all(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-key")
    with served(lambda prompt, attempt: f"fails:{status} bad key KEY") as books:
        with pytest.raises(SurroundingsError, match=r"set \$OPENAI_API_KEY") as told:
            asked(books, *map(str, range(50)))
        assert books.calls <= 8
    assert "canary" not in str(told.value)
    assert f"HTTP {status}: bad key Bearer [key]" in str(told.value)


def test_a_403_after_a_good_answer_is_the_failure_of_one_request() -> None:
    with served(lambda prompt, attempt: "fails:403 not this" if prompt == "1" else "good") as books:
        made = asked(books, *map(str, range(4)), options="concurrency=1")
    assert [one.error for one in made] == ["", "refused", "", ""]


@pytest.mark.parametrize("answer", ["fails:402 pay", "fails:400 Insufficient Balance", "fails:403 insufficient_quota"])
def test_an_empty_account_ends_it_all_even_after_good_answers(answer: str) -> None:
    with served(lambda prompt, attempt: "good" if prompt == "0" else answer) as books:
        with pytest.raises(SurroundingsError, match="pay the provider"):
            asked(books, *map(str, range(50)), options="concurrency=1")
        assert books.calls == 2


def test_a_server_that_takes_requests_and_never_answers_is_too_slow() -> None:
    with served(always("hang")) as books, pytest.raises(SurroundingsError, match="too slow") as told:
        asked(books)
    assert "raise timeout=" in str(told.value)


def test_what_timed_out_is_booked_against_the_budget_and_not_in_the_tally() -> None:
    with served(lambda prompt, attempt: "hang" if prompt == "b" else "good") as books:
        model = model_at(books.url, "token_budget=1000, max_tokens=800, concurrency=1")
        requests = [Request(p, said(p), model.sampling) for p in "abc"]
        answers = ask(model, requests, Workspace())
    assert [one.error for one in answers.found.values()] == ["", "budget", "budget"]
    assert books.asked["b"] == ["hang", "hang"]
    assert [one.now for one in answers.bill.values()] == [True, True, False]
    assert total(answers.bill).completion_tokens == spent("a")["completion_tokens"]


def test_a_budget_is_shared_by_equal_generators() -> None:
    with served() as books:
        options = "token_budget=100, concurrency=1"
        assert [one.error for one in asked(books, *"abcdefgh", options=options)].count("budget")
        calls = books.calls
        assert [one.error for one in asked(books, "x", "y", options=options)] == ["budget", "budget"]
        assert books.calls == calls


@pytest.mark.parametrize(("side", "other"), [("prompt_tokens", "completion_tokens"), ("completion_tokens", "prompt_tokens")])
def test_the_side_that_the_usage_leaves_out_is_guessed(side: str, other: str) -> None:
    with served(always(f"halved:{side}")) as books:
        (made,) = asked(books, "fever")
    assert getattr(made, side) == spent("fever")[side]
    assert getattr(made, other) == {"prompt_tokens": 10, "completion_tokens": 5}[other]


def test_a_revision_is_another_model() -> None:
    with served() as books:
        for options in ("", "revision=2", "revision=2"):
            asked(books, options=options)
        assert books.calls == 2
        assert "revision" not in books.bodies[-1]


@pytest.mark.parametrize("answer", ["404", "405", "fails:429 insufficient_quota: pay first"])
def test_what_holds_for_all_requests_ends_it_all(answer: str) -> None:
    with served(lambda prompt, attempt: answer) as books, pytest.raises(SurroundingsError, match="does not serve this"):
        asked(books, *map(str, range(50)))
    assert books.calls <= 8


def test_a_redirect_is_not_followed() -> None:
    with served() as other, served(lambda prompt, attempt: f"redirect:{other.url}/chat/completions") as books:
        with pytest.raises(SurroundingsError, match="HTTP 307"):
            asked(books)
        assert other.calls == 0


def test_nobody_there_is_said_soon() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(SurroundingsError, match=r"nothing answers at http://127\.0\.0\.1"):
        ask(model_at(f"http://127.0.0.1:{port}/v1"), [Request(str(n), said(str(n))) for n in range(100)], Workspace())
    assert time.monotonic() - began < 5


def test_an_overlong_text_is_kept_and_counted_and_so_is_a_cut_one() -> None:
    choose = {"a": "long", "b": "finish:length", "c": "good"}
    with served(lambda prompt, attempt: choose[prompt]) as books:
        model = model_at(books.url, "max_tokens=64")
        answers = ask(model, [Request(f"q{p}", said(p), model.sampling) for p in "abc"], Workspace())
    assert [one.finish for one in answers.found.values()] == ["overlong", "length", "stop"]
    assert len(answers.found["qa", 0].text) == 100_000
    assert answers.notes == {"cut_generations_queries": 1, "overlong_generations_queries": 1}


def test_thinking_stays_in_the_kept_text() -> None:
    with served(always("says:<think>hm</think> yes")) as books:
        assert asked(books)[0].text == "<think>hm</think> yes"


def test_one_told_to_wait_makes_all_wait() -> None:
    with served(lambda prompt, attempt: "429:0.4" if prompt == "0" and not attempt else "good") as books:
        made = asked(books, *map(str, range(120)), options="concurrency=4")
    assert not any(one.error for one in made)
    gaps = [later - sooner for sooner, later in zip(books.times, books.times[1:], strict=False)]
    assert max(gaps) > 0.3
    assert books.times.index(min(t for t, gap in zip(books.times[1:], gaps, strict=True) if gap > 0.3)) < 20


def test_concurrency_is_bounded_and_used() -> None:
    with served(always("slow")) as books:
        asked(books, *map(str, range(60)), options="concurrency=5")
    assert books.most_waiting == 5


@pytest.mark.parametrize(
    ("options", "most"),
    [("token_budget=300, concurrency=2", 300), ("budget=0.0003, price_in=1, price_out=1, concurrency=2", 300)],
)
def test_a_budget_is_passed_by_the_requests_in_flight_at_most(options: str, most: int) -> None:
    with served() as books:
        made = asked(books, *map(str, range(60)), options=options)
        spent_tokens = books.tokens["prompt"] + books.tokens["completion"]
        per_request = 11 + 60
        assert most <= spent_tokens < most + 2 * per_request
        assert {one.error for one in made} == {"", "budget"}
        assert sum(not one.error for one in made) == books.calls
        again = asked(books, *map(str, range(60)))
        assert not any(one.error for one in again)
        assert books.calls == 60


def test_offline_only_this_machine_is_asked_and_what_is_kept_needs_nobody() -> None:
    offline = replace(Workspace(), offline=True)
    with served() as books:
        assert asked(books, workspace=offline)[0].text
        away = replace(model_at("http://10.1.2.3:8000/v1"), patience=QUICK)
        assert ask(away, [Request("q", said("a"), away.sampling)], offline).found["q", 0].text
        with pytest.raises(SurroundingsError, match=r"network is switched off, and 10\.1\.2\.3"):
            ask(away, [Request("q", said("b"), away.sampling)], offline)
        named = model_at("http://models.hospital.example/v1")
        with pytest.raises(SurroundingsError, match="network is switched off"):
            ask(named, [Request("q", said("b"), named.sampling)], offline)


def test_closing_early_stops_asking() -> None:
    with served() as books:
        model = model_at(books.url, "concurrency=2")
        stream: Iterator = model.generate([Request(str(n), said(str(n))) for n in range(100)])
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        time.sleep(0.05)
        calls = books.calls
        time.sleep(0.1)
        assert books.calls == calls <= 5


def test_the_spec_is_canonical_and_where_it_is_served_is_no_part_of_the_identity() -> None:
    one = make_generator('openai:org/m@http://127.0.0.1:80/v1/(timeout=0, temperature=0.70, stop="x")')
    assert one.spec == "openai:org/m@http://127.0.0.1:80/v1/(stop=x, temperature=0.7)"
    assert one.identity() == make_generator("openai:org/m@https://example.org").identity()
    assert make_generator("openai:m@http://127.0.0.1(timeout=60)").spec == "openai:m@http://127.0.0.1(timeout=60)"
    assert one.sampling == Sampling(temperature=0.7, stop=("x",))


@pytest.mark.parametrize(
    "spec",
    [
        "openai:m",
        "openai",
        "openai:@http://127.0.0.1",
        "openai:m@http://127.0.0.1(attempts=0)",
        "openai:m@http://127.0.0.1(timeout=nan)",
        "openai:m@http://127.0.0.1(temperature=-1)",
        "openai:m@http://127.0.0.1(top_p=0)",
        "openai:m@http://127.0.0.1(max_tokens=0)",
        "openai:m@http://127.0.0.1(budget=1)",
        "openai:m@http://127.0.0.1(budget=-1, price_in=1)",
        "openai:m@http://127.0.0.1(budget=nan, price_in=1)",
        "openai:m@http://127.0.0.1(budget=inf, price_in=1)",
        "openai:m@http://127.0.0.1(price_in=nan)",
        "openai:m@http://127.0.0.1(price_out=inf)",
        "openai:m@http://127.0.0.1(token_budget=-1)",
        f"openai:m@http://127.0.0.1(max_tokens={'9' * 400})",
        "openai:m@http://127.0.0.1(temprature=1)",
        "openai:m@http://127.0.0.1(bm25)",
    ],
)
def test_what_makes_no_sense_is_refused(spec: str) -> None:
    with pytest.raises(UsageError):
        make_generator(spec)


def test_lost_attempts_are_on_the_bill() -> None:
    with served(first("cut", "torn", "good")) as books:
        model = model_at(books.url, "price_in=2, price_out=10")
        answers = ask(model, [Request("q", said("fever"), model.sampling)], Workspace())
    cost, usage = total(answers.bill), spent("fever")
    assert cost.prompt_tokens == 3 * usage["prompt_tokens"] == books.tokens["prompt"]
    assert cost.completion_tokens == 3 * usage["completion_tokens"]
    assert cost.price == pytest.approx((cost.prompt_tokens * 2 + cost.completion_tokens * 10) / 1e6)


def test_the_shares_of_the_faulty_server_are_those_of_the_issue() -> None:
    drawn = [by_chance(str(n), 0) for n in range(20_000)]
    assert drawn.count("429") / 20_000 == pytest.approx(0.10, abs=0.01)
    assert drawn.count("good") / 20_000 == pytest.approx(0.73, abs=0.01)
