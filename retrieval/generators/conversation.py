"""All requests of one call to an endpoint: so many at once, each until it has a text or is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from corpora import SurroundingsError

from .budget import Ledger
from .estimate import tokens_of
from .exchange import Exchange
from .patience import Pace, Patience
from .payload import payload
from .protocol import Generation, Request
from .reply import Outcome
from .stream import Emit

Made = tuple[Request, Generation]


@dataclass
class Conversation:
    """What the workers of one call share. `answered`: the server said anything at all; `good`: a text was had."""

    model: str
    exchange: Exchange
    patience: Patience
    ledger: Ledger
    spec: str
    key_env: str
    length_field: str = "max_tokens"
    pace: Pace = field(default_factory=Pace)
    answered: bool = False
    good: bool = False

    async def hold(self, requests: Sequence[Request], concurrency: int, emit: Emit[Made]) -> None:
        """Emit each request with its generation as it is finished. Raises SurroundingsError for what no attempt can mend."""
        waiting = iter(requests)

        async def work() -> None:
            for request in waiting:
                await emit((request, await self.settled(request)))

        workers = [asyncio.create_task(work()) for _ in range(min(concurrency, len(requests)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def settled(self, request: Request) -> Generation:
        """The generation of one request, after as many attempts as it takes and is given."""
        body, outcomes = await asyncio.to_thread(payload, self.model, request, self.length_field), list[Outcome]()
        for number in range(1, self.patience.attempts + 1):
            await self.pace.ready()
            if self.ledger.is_spent:
                outcomes.append(Outcome(cause="budget", detail="the budget is spent"))
                break
            outcomes.append(await self.exchange.attempt(body, request.sampling.max_tokens))
            self._note(outcomes[-1], request)
            if not outcomes[-1].again or number == self.patience.attempts:
                break
            await self._rest(outcomes[-1], number)
        self._check_alive(outcomes)
        self.ledger.add(*_lost([one for one in outcomes if not one.overdue], outcomes[-1], request))
        return _generation(outcomes, request)

    def _note(self, outcome: Outcome, request: Request) -> None:
        """Remember what an attempt told about the server. Raises SurroundingsError where it tells that all will fail."""
        self.answered |= outcome.paid or outcome.cause not in ("connection", "timeout")
        self.good |= not outcome.cause
        if outcome.overdue:
            self.ledger.add(tokens_of(request), request.sampling.max_tokens)
        else:
            self.ledger.add(outcome.prompt_tokens or 0, outcome.completion_tokens or 0)
        if outcome.stops or (outcome.stops_unless_good and not self.good):
            what = f"the endpoint does not serve this: {outcome.detail}"
            raise SurroundingsError(what, where=self.spec, mend=self._mend(outcome))

    def _mend(self, outcome: Outcome) -> str:
        mends = {
            "key": f"set ${self.key_env} to a key that may use {self.model}",
            "balance": "pay the provider, or use another key or endpoint; what was finished is kept",
            "place": "check the URL and the model's name",
        }
        return mends[outcome.blames]

    async def _rest(self, outcome: Outcome, number: int) -> None:
        pause = self.patience.pause(number)
        if outcome.wait is not None or outcome.cause == "limit":
            self.pace.hold(pause if outcome.wait is None else outcome.wait)
        else:
            await asyncio.sleep(pause)

    def _check_alive(self, outcomes: Sequence[Outcome]) -> None:
        """Raise SurroundingsError where the server never said anything: it is too slow, or not there."""
        last, place = outcomes[-1], self.exchange.place
        if last.cause not in ("connection", "timeout") or self.answered:
            return
        what, mend = (
            f"nothing answers at {place} ({last.detail})",
            "start the server, or check the URL; what was finished is kept",
        )
        if any(one.overdue for one in outcomes):
            what = f"too slow: {place} takes requests, and answers none in time ({last.detail})"
            mend = "raise timeout= (seconds an attempt), or lower max_tokens or concurrency; what was finished is kept"
        raise SurroundingsError(what, where=self.spec, mend=mend)


def _generation(outcomes: Sequence[Outcome], request: Request) -> Generation:
    """What the last of all attempts came to, with the tokens of all that were paid."""
    last, (prompt, completion) = outcomes[-1], _lost(outcomes, outcomes[-1], request)
    return Generation(
        text="" if last.cause else last.text,
        prompt_tokens=prompt + sum(one.prompt_tokens or 0 for one in outcomes),
        completion_tokens=completion + sum(one.completion_tokens or 0 for one in outcomes),
        seconds=last.seconds,
        finish=last.finish,
        error=last.cause,
        detail=last.detail,
        attempts=sum(one.cause != "budget" for one in outcomes),
    )


def _lost(outcomes: Sequence[Outcome], last: Outcome, request: Request) -> tuple[int, int]:
    """Tokens of attempts that were paid but do not say how many: each as many as the last one's, else as guessed from bytes."""
    prompts = sum(one.paid and one.prompt_tokens is None for one in outcomes)
    completions = sum(one.paid and one.completion_tokens is None for one in outcomes)
    prompt = tokens_of(request) if last.prompt_tokens is None else last.prompt_tokens
    completion = -(-len(last.text.encode()) // 4) if last.completion_tokens is None else last.completion_tokens
    return prompt * prompts, completion * completions
