"""What every stream has: its first event, its gap, its end."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import strawberry

from resolvers import streams
from schema.enums import described
from schema.fields import row_type
from schema.scalars import Cursor


class EndReason(StrEnum):
    """Why a stream ends though the client did not ask."""

    ACCESS_WITHDRAWN = "ACCESS_WITHDRAWN"
    DELETED = "DELETED"
    FINISHED = "FINISHED"
    TOO_SLOW = "TOO_SLOW"
    SHUTTING_DOWN = "SHUTTING_DOWN"


StreamEndReason = described(
    EndReason,
    "Why a stream ends though the client did not ask.",
    {
        "ACCESS_WITHDRAWN": "You may no longer see it. Do not retry.",
        "DELETED": "The thing is gone. Do not retry.",
        "FINISHED": "Nothing more will happen.",
        "TOO_SLOW": (
            "You read too slowly. Only over SSE; a WebSocket is closed with 1013. Retry with the cursor."
        ),
        "SHUTTING_DOWN": (
            "This server stops. Only over SSE; a WebSocket is closed with 1012. Retry with the cursor."
        ),
    },
    name="StreamEndReason",
)


@strawberry.interface(
    description=(
        "What every event of every subscription has. Select it once, so that events added later"
        " still move your cursor."
    )
)
class StreamEvent:
    cursor: Cursor = strawberry.field(
        description="Resume after this. Passing events (typing, progress) repeat the last durable one."
    )
    at: datetime = strawberry.field(description="When it happened.")
    origin_key: UUID | None = strawberry.field(
        description=(
            "The clientKey of the write that caused it, whoever wrote: compare with your own to skip echoes."
        )
    )


@row_type(streams.StreamReady, "The stream is armed: everything after this cursor will arrive. Always first.")
class StreamReady(StreamEvent):
    is_replaying: bool = strawberry.field(description="Whether older events follow before live ones.")


@row_type(
    streams.StreamGap,
    "The past after your cursor is no longer kept: read the page again, then go on from this cursor.",
)
class StreamGap(StreamEvent):
    pass


@row_type(
    streams.StreamEnded,
    "Last event of a stream that the server ends; `complete` follows."
    " The socket and its other streams live on.",
)
class StreamEnded(StreamEvent):
    reason: EndReason = strawberry.field(description="Why.")
