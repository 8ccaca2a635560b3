"""What one event that is read once for many people takes: who may read the room, and where unread begins."""

from collections.abc import Sequence
from pathlib import Path

from alembic import op
from models.scripts import run_script

revision: str = '0002'
down_revision: str | None = '0001'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    op.execute("drop function app.room_readers, app.default_room_seen")
