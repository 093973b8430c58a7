"""Verifies a webhook of OpenClaw Webhooks. Python 3.8 or newer, nothing to install.

    python3 python.py SECRET TIMESTAMP SIGNATURE < body        ends with 0 if the signature is good, else with 1
"""

import hashlib
import hmac
import time


# timestamp and signature: the headers, None where they are absent. body: the bytes as they came.
def verify(secret, timestamp, signature, body):
    timestamp, signature = timestamp or "", signature or ""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        return False
    if abs(time.time() - int(timestamp)) > 300:
        return False
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return hmac.compare_digest(f"sha256={mac.hexdigest()}".encode(), signature.encode())


if __name__ == "__main__":
    import sys

    secret, timestamp, signature = sys.argv[1:4]
    sys.exit(0 if verify(secret, timestamp, signature, sys.stdin.buffer.read()) else 1)
