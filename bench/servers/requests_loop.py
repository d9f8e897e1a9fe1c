"""The yardstick of delivery: one `requests.Session` that posts one body again and again. Usage: URL SECONDS < BODY.

Prints the posts a second and the microseconds of processor time for each.
"""

import json
import sys
import time

import requests


def main(url: str, seconds: float) -> None:
    """Post until the time is over."""
    body = sys.stdin.buffer.read()
    number, session = 0, requests.Session()
    session.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=5)
    started, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - started < seconds:
        session.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=5).raise_for_status()
        number += 1
    rate, used = number / (time.perf_counter() - started), time.process_time() - cpu
    print(json.dumps({"rate": rate, "cpu_us": used / number * 1e6}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
