"""Third-party clients and audits, all against one configuration."""

import re

import pytest

pytestmark = pytest.mark.conformance


async def test_every_audit_of_graphql_over_http_is_passed(audits):
    code, said = await audits.run("audit-http.mjs", audits.http)
    assert code == 0, said
    assert "61 audits: OK 61" in said, said


async def test_every_check_of_the_socket_is_passed(audits):
    code, said = await audits.run("ws-audit.mjs", str(audits.config))
    assert code == 0, said
    assert re.search(r"ws-audit: PASS 30  WARN 0  FAIL 0  SKIP 0", said), said


async def test_every_check_of_event_streams_is_passed(audits):
    """Its optional mode of one connection for many streams is not offered: a socket is for that."""
    code, said = await audits.run("sse-audit.mjs", str(audits.config))
    assert code == 0, said
    assert re.search(r"sse-audit: PASS 7  WARN 0  FAIL 0  SKIP 1", said), said


async def test_stock_clients_work(audits):
    code, said = await audits.run("clients-runtime.mjs", str(audits.config))
    assert code == 0, said
    assert re.search(r"clients-runtime: PASS 11  WARN 0  FAIL 0  SKIP 0", said), said


async def test_a_stock_client_that_is_cut_again_and_again_goes_on_where_it_was(audits):
    code, said = await audits.run("resume.mjs", str(audits.config), "200", "7")
    assert code == 0, said
