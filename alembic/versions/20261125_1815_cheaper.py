"""Sending, emitting and waiting for one's turn do the same with fewer statements."""

from collections.abc import Sequence
from pathlib import Path

from alembic import op
from models.scripts import run_script

revision: str = '0004'
down_revision: str | None = '0003'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    run_script(op.get_bind(), Path(__file__).with_suffix(".down.sql"))
