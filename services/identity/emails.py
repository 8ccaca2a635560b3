"""E-mail addresses: their shape, and the one way they are written down here; no server is asked."""

from email_validator import EmailNotValidError, validate_email

from kit.errors import Problem, ProblemCode

LONGEST = 254


def clean_email(value: str, field: str = "email") -> str:
    """The address with its domain in lower case and in ASCII, as any mail server takes it.

    The part before the @ stays as typed, and must be ASCII. Raises Problem INVALID or TOO_LONG.
    """
    address = value.strip()
    if len(address) > LONGEST:
        message = f"This is longer than {LONGEST} characters."
        raise Problem(ProblemCode.TOO_LONG, message, field=[field], max=LONGEST)
    try:
        # `test_environment` admits *.test, where developers' people live.
        checked = validate_email(
            address, check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError:
        raise _invalid(field) from None
    ascii_form = checked.ascii_email
    if ascii_form is None or "." not in checked.ascii_domain:
        raise _invalid(field)
    return ascii_form


def sign_in_email(value: str) -> str | None:
    """The form that an account is looked up by; None where no account can have such an address."""
    try:
        return clean_email(value).lower()
    except Problem:
        return None


def _invalid(field: str) -> Problem:
    return Problem(ProblemCode.INVALID, "This is not an e-mail address.", field=[field])
