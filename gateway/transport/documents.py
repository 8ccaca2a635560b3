"""Documents that are asked for by name: those the operator trusts, those that clients have sent before."""

import hashlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import orjson

from gateway.transport.asking import Malformed, Sent
from kit.errors import ErrorCode, Refusal
from kit.settings import Settings, SettingsError

PREFIX = "sha256:"
LONGEST = 65_536
"""Characters of a document that is kept."""


class NotKept(Refusal):
    """A name that nobody has given a document. The sentence is the one that Apollo's clients look for."""

    code = ErrorCode.PERSISTED_QUERY_NOT_FOUND

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class NotTrusted(Refusal):
    """A document that is not among those the operator has named."""

    code = ErrorCode.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("This gateway serves only documents that were registered with it.")


class Documents:
    """Finds the text of what was sent. Keeps the most recent ones that clients gave a name."""

    def __init__(self, settings: Settings) -> None:
        path = settings.trusted_documents
        if path is None and settings.is_trusted_documents_only:
            raise SettingsError("CROSSFADE_TRUSTED_DOCUMENTS: needed where only those are served")
        self._trusted = {} if path is None else trusted_documents(path)
        self._texts = frozenset(self._trusted.values())
        self._is_closed = settings.is_trusted_documents_only
        self._most = settings.max_kept_documents
        self._kept: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def text(self, sent: Sent) -> str:
        """The document that is meant. Raises Malformed, NotKept, NotTrusted."""
        name = _name(sent)
        if sent.query is None:
            return self._named(name or "")
        if name is not None and name != digest(sent.query):
            raise Malformed("The hash is not that of the document.")
        if self._is_closed and sent.query not in self._texts:
            raise NotTrusted
        return sent.query

    def keep(self, sent: Sent) -> None:
        """Remember a document that was sent with its name, once it has proven good."""
        if sent.query is None or self._is_closed or len(sent.query) > LONGEST:
            return
        name = _name(sent)
        if name is not None and name not in self._trusted:
            self._kept[name] = sent.query
            self._kept.move_to_end(name)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def _named(self, name: str) -> str:
        found = self._trusted.get(name)
        if found is None and not self._is_closed:
            found = self._kept.get(name)
            if found is not None:
                self._kept.move_to_end(name)
        if found is None:
            raise NotKept
        return found


def digest(text: str) -> str:
    """The name of a document: the SHA-256 of its UTF-8, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _name(sent: Sent) -> str | None:
    """What the client calls the document, without the prefix of a hash."""
    if sent.document_id is not None:
        return sent.document_id.removeprefix(PREFIX)
    if sent.extensions is None:
        return None
    persisted = sent.extensions.get("persistedQuery")
    return None if persisted is None else _apollo_name(persisted)


def _apollo_name(persisted: Any) -> str:
    if not isinstance(persisted, dict) or not isinstance(name := persisted.get("sha256Hash"), str):
        raise Malformed("`extensions.persistedQuery` is an object with `version` 1 and a `sha256Hash`.")
    if persisted.get("version") != 1:
        raise Malformed("Only version 1 of persisted queries is known.")
    return name


def trusted_documents(path: Path) -> dict[str, str]:
    """By name and by hash: of a folder of `.graphql` files, or of a manifest. Raises SettingsError.

    A manifest is a JSON object of names and texts, as Relay and GraphQL Code Generator write it, or Apollo's,
    whose `operations` have an `id` and a `body`.
    """
    try:
        if path.is_dir():
            read = [file.read_text(encoding="utf-8") for file in sorted(path.rglob("*.graphql"))]
            return {digest(text): text for each in read for text in (each, each.strip())}
        named = _manifest(orjson.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"CROSSFADE_TRUSTED_DOCUMENTS: {path} cannot be read ({error!r})") from None
    return {digest(text): text for text in named.values()} | named


def _manifest(read: Any) -> dict[str, str]:
    if not isinstance(read, dict):
        raise TypeError("it is no object")
    named = {each["id"]: each["body"] for each in read["operations"]} if "operations" in read else dict(read)
    if not all(isinstance(text, str) for pair in named.items() for text in pair):
        raise TypeError("names and texts are strings")
    return {name.removeprefix(PREFIX): text for name, text in named.items()}
