"""What all transports share: how an operation is read, run within its time, and counted."""

import asyncio
import time
from typing import Any

import orjson
import structlog
from graphql import OperationType

from executor.engine import Prepared
from gateway.answering import Answering, Asked, Refused
from gateway.auth import Bearers
from gateway.context import Caller
from gateway.metrics import Metrics
from gateway.requests import RequestIds
from gateway.transport.asking import Sent
from gateway.transport.documents import Documents
from gateway.transport.frames import Frames
from gateway.transport.heart import Heart
from gateway.transport.lives import Lives
from kit.errors import ErrorCode, Refusal
from kit.settings import Settings
from resolvers.context import Services

log = structlog.get_logger()

KINDS = {kind: kind.value for kind in OperationType}


class Failed(Refusal):
    """A fault of ours."""

    code = ErrorCode.INTERNAL_SERVER_ERROR

    def __init__(self) -> None:
        super().__init__("Something went wrong on our side.")


class TooLong(Refusal):
    """It was ended because it took too long."""

    code = ErrorCode.TIMEOUT

    def __init__(self) -> None:
        super().__init__("This took too long and was ended. Ask for less, or again.")


class Desk:
    """One for a process."""

    services: Services

    def __init__(self, answering: Answering, settings: Settings, metrics: Metrics) -> None:
        self.answering = answering
        self.settings = settings
        self.metrics = metrics
        self.documents = Documents(settings)
        self.bearers = Bearers()
        self.heart = Heart(settings.heartbeat_seconds)
        self.lives = Lives()
        self.frames = Frames()
        self.request_ids = RequestIds()
        self.is_logging = settings.log_level in {"debug", "info"}

    def prepare(self, sent: Sent, request_id: str) -> Prepared:
        """Ready to be run. Raises Refused."""
        try:
            text = self.documents.text(sent)
        except Refusal as refusal:
            raise Refused(errors_of(refusal, request_id)) from None
        asked = Asked(text, sent.operation_name, sent.variables, sent.extensions)
        prepared = self.answering.prepare(asked, request_id)
        if sent.document_id is not None or sent.extensions is not None:
            self.documents.keep(sent)
        return prepared

    async def answer(self, prepared: Prepared, caller: Caller, transport: str) -> bytes:
        """The answer of a query or a mutation, within its time. Raises Refused for a bad token."""
        began = time.perf_counter()
        outcome = "cancelled"
        deadline = asyncio.timeout(self.settings.operation_seconds)
        try:
            async with deadline:
                answer = await self.answering.answer(prepared, caller)
            outcome = "errors" if answer.endswith(b"]}") else "ok"
        except Refused:
            outcome = "refused"
            raise
        except Exception as error:
            outcome = "failed"
            if isinstance(error, TimeoutError) and deadline.expired():
                outcome = "timeout"
                return failure(TooLong(), caller.request_id)
            log.exception("operation_failed")
            return failure(Failed(), caller.request_id)
        finally:
            took = time.perf_counter() - began
            self.metrics.answered(transport, KINDS[prepared.kind], outcome, took)
        return answer


def errors_of(refusal: Refusal, request_id: str) -> list[dict[str, Any]]:
    """As clients see it."""
    return [{"message": refusal.message, "extensions": {**refusal.extensions, "requestId": request_id}}]


def failure(refusal: Refusal, request_id: str) -> bytes:
    """The answer of an operation that was begun and came to nothing."""
    return orjson.dumps({"data": None, "errors": errors_of(refusal, request_id)})
