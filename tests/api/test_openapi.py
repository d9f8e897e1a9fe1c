"""The document of the API: valid, whole, and true of the running gateway, as a stranger's tool finds."""

from collections.abc import Iterator

import pytest
import schemathesis
from gateway_process import Gateway
from hypothesis import HealthCheck, settings
from people import serving, token
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from adapters.testing import Receiver
from gateway.server.api.openapi import document

SCHEMA = schemathesis.openapi.from_dict(document())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Receiver() as erp, serving(tmp_path_factory.mktemp("openapi"), erp.url) as running:
        yield running


@SCHEMA.parametrize()
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_answers_as_the_document_says(case: schemathesis.Case, made: Gateway) -> None:
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token('all')}"}
    case.call_and_validate(
        base_url=f"{made.base}/api/v1",
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
            negative_data_rejection,
        ],
    )
