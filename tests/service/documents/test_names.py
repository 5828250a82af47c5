"""What a file is called when it is saved again, and the hash it is known by."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.documents.hashes import hash_in, repr_digest, require_hash, sha256_of
from service.documents.names import disposition, endings, kind_by_ending, plain_name
from service.errors import InvalidInput
from service.vocabulary import DocumentType


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("reply.pdf", "reply.pdf"),
        ("Reply.PDF", "Reply.PDF"),
        ("Ответ прокурора.pdf", "Ответ прокурора.pdf"),
        ("reply", "reply.pdf"),
        ("reply.exe", "reply.exe.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\dana\\reply.pdf", "reply.pdf"),
        (".hidden", "hidden.pdf"),
        # what is read as `replyexe.pdf` would be saved as a program
        ("reply\u202efdp.exe", "reply fdp.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie_ x.pdf"),
        ('a"b%2f.pdf', "a_b_2f.pdf"),
        ("x" * 300 + ".pdf", "x" * 150 + ".pdf"),
        ("pdf", "pdf.pdf"),
        ("...", None),
        ("a/", None),
    ],
)
def test_a_name_leads_nowhere_and_has_the_ending_of_its_kind(given: str, kept: str | None) -> None:
    assert plain_name(given, DocumentType.PDF) == kept


@given(st.text(max_size=300), st.sampled_from(list(DocumentType)))
def test_whatever_it_was_called_it_is_saved_as_what_it_is(name: str, kind: DocumentType) -> None:
    kept = plain_name(name, kind)
    if kept is not None:
        assert kind_by_ending(kept) is kind
        assert kept == plain_name(kept, kind)
        assert len(kept) < 160
        assert not set(kept) & set('/\\\r\n\0"')
        header = disposition(kept)
        assert header.isascii()
        assert header.isprintable()


def test_every_kind_has_an_ending_of_its_own() -> None:
    found = [ending for kind in DocumentType for ending in endings(kind)]
    assert len(found) == len(set(found))
    assert kind_by_ending("run.exe") is None


def test_a_name_in_another_script_is_told_beside_a_plain_one() -> None:
    assert disposition("Ответ.pdf") == (
        "attachment; filename=\"document.pdf\"; filename*=UTF-8''%D0%9E%D1%82%D0%B2%D0%B5%D1%82.pdf"
    )
    assert disposition("reply 1.pdf") == "attachment; filename=\"reply 1.pdf\"; filename*=UTF-8''reply%201.pdf"


def test_the_expected_hash_is_compared() -> None:
    right = hashlib.sha256(b"hello").hexdigest()
    require_hash(b"hello", right.upper(), where="query:sha256")
    assert sha256_of(b"hello") == hash_in(f"md5=:x:, {repr_digest(right)}", where="") == right
    for expected in (hashlib.sha256(b"other").hexdigest(), "short", ""):
        with pytest.raises(InvalidInput) as refused:
            require_hash(b"hello", expected, where="query:sha256")
        assert refused.value.problems[0].where == "query:sha256"


@pytest.mark.parametrize(
    "header", ["", "sha-256", "sha-256=:AAAA:", "sha-512=:" + "A" * 88 + ":", "sha-256=:" + "=" * 44 + ":"]
)
def test_a_digest_that_is_none_is_refused(header: str) -> None:
    with pytest.raises(InvalidInput):
        hash_in(header, where="header:Repr-Digest")
