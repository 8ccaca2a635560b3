"""Errors as clients see them: a code, a request id, and nothing of the inside."""

from collections.abc import Iterable

import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from kit.errors import ErrorCode, Refusal

log = structlog.get_logger()


def cause_of(error: GraphQLError) -> Exception:
    """What was raised at first: graphql-core wraps errors, its own too."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def presented(errors: Iterable[GraphQLError], request_id: str, *, is_validation: bool) -> list[GraphQLError]:
    """What of these errors may be shown. Those that are our fault are logged once, whole."""
    return [_presented(error, request_id, is_validation=is_validation) for error in errors]


def _presented(error: GraphQLError, request_id: str, *, is_validation: bool) -> GraphQLError:
    cause = cause_of(error)
    if isinstance(cause, Refusal):
        return _shown(error, cause.message, {**cause.extensions, "requestId": request_id})
    code = _code_of(error, is_validation=is_validation)
    if code is ErrorCode.INTERNAL_SERVER_ERROR:
        log.error("unexpected_error", path=error.path, exc_info=error.original_error)
        return _shown(error, "Something went wrong on our side.", {"code": code, "requestId": request_id})
    return _shown(error, error.message, {"code": code, "requestId": request_id})


def _code_of(error: GraphQLError, *, is_validation: bool) -> ErrorCode:
    if isinstance(error, GraphQLSyntaxError):
        return ErrorCode.GRAPHQL_PARSE_FAILED
    told = (error.extensions or {}).get("code")
    if isinstance(told, str) and told in ErrorCode.__members__:
        return ErrorCode(told)
    if is_validation:
        return ErrorCode.GRAPHQL_VALIDATION_FAILED
    # graphql-core's own words: of a variable or an argument they are about what was asked; of the value of a
    # field (which stands at a path, and nowhere in the document) they are not.
    cause = cause_of(error)
    is_ours = not isinstance(cause, GraphQLError) or (error.path is not None and cause.nodes is None)
    return ErrorCode.INTERNAL_SERVER_ERROR if is_ours else ErrorCode.BAD_USER_INPUT


def _shown(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
