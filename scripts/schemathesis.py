"""What schemathesis is to do besides: each request comes from an address of its own. It tries wrong tokens on purpose, and
whoever shows ten of them is not listened to for a while."""

import itertools

import schemathesis

numbers = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    number = next(numbers)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    case.headers = {**(case.headers or {}), "X-Forwarded-For": address}
