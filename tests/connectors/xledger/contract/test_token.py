"""What a token is, and what it may (R-02, R-08, R-09)."""

from collections.abc import Callable
from typing import Any

import pytest

from processors.ports.xledger import Input, Verb, WriteRoot
from schemas.employee import Root, Target
from schemas.errors import CredentialRefused


@pytest.mark.rule("R-08")
@pytest.mark.parametrize("status", [200, 401, 403])
def test_an_unknown_token_is_refused(
    xledger: Any, asking_of: Callable[..., Any], status: int
) -> None:
    """Whatever the status, and without telling the token."""
    xledger.set(auth_status=status)
    with pytest.raises(CredentialRefused) as caught:
        asking_of(xledger, "bm90LWEtdG9rZW4")(lambda client: client.identity())
    assert "bm90" not in str(caught.value)


@pytest.mark.rule("R-09")
def test_viewer_and_records_name_the_same_company(
    xledger: Any, ask: Any, create: Callable[..., Any]
) -> None:
    """With `viewer` hidden the entity is told by a record, and it is the same one."""
    create(1)
    by_viewer = ask(lambda client: client.identity())
    xledger.set(hidden=["Query.viewer"])
    by_record = ask(lambda client: client.identity())
    assert by_record.entity == by_viewer.entity


@pytest.mark.rule("R-02")
def test_a_token_with_every_scope_misses_none(ask: Any) -> None:
    """What cannot be tested is said apart."""
    missing, untested = ask(lambda client: client.missing_scopes())
    assert missing == ()
    assert "Subledger write" in untested


@pytest.mark.rule("R-85")
@pytest.mark.parametrize("apart", [True, False])
def test_a_scope_that_one_root_lacks_says_whether_another_was_written(
    xledger: Any, ask: Any, create: Callable[..., Any], *, apart: bool
) -> None:
    """Only where something was written may any of it have been."""
    contact, subledger, _ = create(1)[0]
    xledger.set(scopes_apart=apart)
    whole = xledger.tokens[0]
    half = {**whole, "scopes": [one for one in whole["scopes"] if one != "Contact write"]}
    xledger.admin("PUT", "tokens", [half])
    account = {Target.SUBLEDGER_BANK_ACCOUNT: "86011117947"}
    phone = {Target.CONTACT_PHONE: "41111111"}
    roots = [
        WriteRoot("r0", Verb.UPDATE, Root.CONTACT, (Input("0", phone, db_id=contact),)),
        WriteRoot("r1", Verb.UPDATE, Root.SUBLEDGER, (Input("0", account, db_id=subledger),)),
    ]
    with pytest.raises(CredentialRefused) as caught:
        ask(lambda client: client.write(roots))
    xledger.admin("PUT", "tokens", xledger.tokens)
    held = xledger.read("subledgers", "bankAccount")[subledger]["bankAccount"]
    assert (held == "86011117947") is apart
    assert caught.value.midway is apart
