"""Sending is a whole transaction: it says itself who sends, and answers with the message."""

from collections.abc import Sequence
from pathlib import Path

from alembic import op
from models.scripts import run_script

revision: str = '0003'
down_revision: str | None = '0002'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("drop function app.send_message")
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    op.execute("drop function app.send_message")
    run_script(op.get_bind(), Path(__file__).with_suffix(".down.sql"))
