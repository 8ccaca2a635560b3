"""Lists of words beside the code: `data/<name>.txt`, one word a line."""

from importlib.resources import files


def words(name: str) -> tuple[str, ...]:
    """The words of one list, in its order."""
    text = files("services.identity").joinpath("data", f"{name}.txt").read_text(encoding="ascii")
    return tuple(text.split())
