"""Verifies a webhook of OpenClaw Webhooks. Python 3.8 or newer, nothing to install.

    python3 python.py SECRET TIMESTAMP SIGNATURE < body        ends with 0 if the signature is good, else with 1
"""
import hashlib
import hmac
import sys
import time


# body: the bytes as they came, before any parsing.
def verify(secret: str, timestamp: str, signature: str, body: bytes) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 15:
        return False
    if abs(time.time() - int(timestamp)) > 300:
        return False
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return hmac.compare_digest(f"sha256={mac.hexdigest()}".encode(), signature.encode())


if __name__ == "__main__":
    secret, timestamp, signature = sys.argv[1:4]
    sys.exit(0 if verify(secret, timestamp, signature, sys.stdin.buffer.read()) else 1)
