"""Scripts of several statements, for migrations."""

from pathlib import Path

from sqlalchemy import Connection


def run_script(connection: Connection, path: Path) -> None:
    """Run a file of statements within the connection's transaction (the dialect prepares one at a time)."""
    connection.exec_driver_sql("select")  # the dialect begins its transaction with the first statement
    driver = connection.connection.dbapi_connection
    assert driver is not None  # noqa: S101 - a live connection has one
    driver.run_async(lambda raw: raw.execute(path.read_text(encoding="utf-8")))
