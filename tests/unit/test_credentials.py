"""Keys and tokens, as a setting lists them."""

import pytest
from pydantic import SecretStr

from schemas.credentials import Credential, credentials
from schemas.settings import Settings, SettingsError, load_settings
from streams.gateway.keys import WriteKeys
from streams.gateway.refusal import Refusal


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", []),
        (" , ", []),
        ("12345678", [("default", "12345678")]),
        ("web=12345678, ios=abcdefgh ,87654321", [("web", "12345678"), ("ios", "abcdefgh"), ("default", "87654321")]),
        ("c2VjcmV0c2VjcmV0Cg==", [("default", "c2VjcmV0c2VjcmV0Cg==")]),
        ("web=c2VjcmV0c2VjcmV0Cg==", [("web", "c2VjcmV0c2VjcmV0Cg==")]),
        ("Web=12345678", [("default", "Web=12345678")]),
        (f"{'n' * 33}=12345678", [("default", f"{'n' * 33}=12345678")]),
    ],
)
def test_a_name_stands_before_a_whole_secret(said: str, expected: list[tuple[str, str]]) -> None:
    assert credentials(SecretStr(said)) == [Credential(name, secret) for name, secret in expected]


def test_a_credential_does_not_show() -> None:
    assert "12345678" not in repr(Credential("web", "12345678"))


def test_a_key_says_whose_it_is() -> None:
    keys = WriteKeys(Settings(write_keys="web=key-of-the-web,ios=key-of-ios,key-of-nobody"))
    assert [keys.check(key) for key in ("key-of-the-web", "key-of-ios", "key-of-nobody")] == ["web", "ios", "default"]
    for wrong in ("web=key-of-the-web", "web", "", None, "key-of-the-we", "\ud800"):
        with pytest.raises(Refusal):
            keys.check(wrong)


def test_one_secret_does_not_open_two_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EBBFLOW_WRITE_KEYS", "web=the-same-secret")
    monkeypatch.setenv("EBBFLOW_ADMIN_TOKENS", "the-same-secret")
    with pytest.raises(SettingsError, match="EBBFLOW_ADMIN_TOKENS") as caught:
        load_settings()
    assert "the-same" not in str(caught.value)


@pytest.mark.parametrize("origin", ["shop.example", "https://shop.example/", "https://Shop.example", "https://a b"])
def test_what_is_no_origin_is_refused(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EBBFLOW_ALLOWED_ORIGINS", f"https://fine.example, {origin}")
    with pytest.raises(SettingsError, match=r"EBBFLOW_ALLOWED_ORIGINS: .*without a path"):
        load_settings()
