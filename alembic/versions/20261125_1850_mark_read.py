"""Moving the read marker is a whole transaction, as sending is."""

from collections.abc import Sequence
from pathlib import Path

from alembic import op
from models.scripts import run_script

revision: str = '0005'
down_revision: str | None = '0004'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    op.execute("drop function app.mark_read")
