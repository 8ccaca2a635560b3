import hashlib
import hmac
import string
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from kit.crypto import derive_key, master_secret, new_token, token_hash
from kit.settings import Settings, SettingsError, load_settings

SECRET = "a secret that is long enough for anybody"


def settings_in(folder: Path, environment: str = "development", secret: str | None = None) -> Settings:
    return load_settings(_env_file=None, environment=environment, data_folder=folder, secret_key=secret)


def test_a_derived_key_is_hkdf_with_sha256_as_the_rfc_writes_it():
    extracted = hmac.digest(bytes(32), SECRET.encode(), "sha256")
    expanded = hmac.digest(extracted, b"crossfade/access-token\x01", "sha256")
    assert derive_key(SECRET, "access-token") == expanded


def test_each_purpose_and_each_secret_has_a_key_of_its_own():
    keys = {derive_key(secret, purpose) for secret in (SECRET, SECRET + "!") for purpose in ("one", "two")}
    assert len(keys) == 4


def test_a_derived_key_is_as_long_as_asked():
    assert len(derive_key(SECRET, "one", 64)) == 64


def test_tokens_are_256_bits_safe_in_an_address_and_never_the_same():
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert {len(token) for token in tokens} == {43}
    assert set("".join(tokens)) <= set(string.ascii_letters + string.digits + "-_")


def test_a_token_is_stored_as_its_sha256():
    assert token_hash("abc") == hashlib.sha256(b"abc").digest()


def test_a_token_that_no_encoding_knows_still_has_a_hash():
    assert len(token_hash("\ud800\x00")) == 32


def test_a_configured_secret_is_used_as_it_stands(tmp_path):
    assert master_secret(settings_in(tmp_path, "production", SECRET)) == SECRET
    assert list(tmp_path.iterdir()) == []


def test_production_without_a_secret_is_refused_in_one_line(tmp_path):
    with pytest.raises(SettingsError, match=r"^CROSSFADE_SECRET_KEY: needed in production[^\n]*$"):
        master_secret(settings_in(tmp_path, "production"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("environment", ["development", "production"])
def test_a_short_secret_is_refused_without_being_shown(tmp_path, environment):
    with pytest.raises(SettingsError) as caught:
        master_secret(settings_in(tmp_path, environment, "x" * 31))
    assert str(caught.value) == "CROSSFADE_SECRET_KEY: shorter than 32 characters"


def test_development_makes_a_secret_once_and_keeps_it_to_its_owner(tmp_path):
    folder = tmp_path / "not" / "there yet"
    first = master_secret(settings_in(folder))
    assert master_secret(settings_in(folder)) == first
    assert len(first) >= 32
    assert [file.name for file in folder.iterdir()] == ["secret.key"]
    assert (folder / "secret.key").stat().st_mode & 0o777 == 0o600


def test_all_who_start_at_once_get_the_same_secret(tmp_path):
    together = Barrier(16)

    def start() -> str:
        together.wait()
        return master_secret(settings_in(tmp_path / "data"))

    with ThreadPoolExecutor(16) as pool:
        secrets = {future.result() for future in [pool.submit(start) for _ in range(16)]}
    assert len(secrets) == 1
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["secret.key"]


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 64])
def test_a_damaged_secret_file_is_named_and_left_alone(tmp_path, content):
    file = tmp_path / "secret.key"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"secret\.key: "):
        master_secret(settings_in(tmp_path))
    assert file.read_bytes() == content


def test_a_data_folder_that_is_a_file_is_one_clear_line(tmp_path):
    (tmp_path / "data").write_text("")
    with pytest.raises(SettingsError, match=r"secret\.key: the development secret cannot be kept here"):
        master_secret(settings_in(tmp_path / "data"))
