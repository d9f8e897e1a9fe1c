"""A home-made M-Pesa receiver as many sites run it: Django, one view, written for Safaricom's callbacks.

Run as `python django_view.py PORTFILE SEENFILE`: serves on a free loopback port, writes the port to PORTFILE once it
listens, and one JSON line to SEENFILE for every payment that the view books. It ends with the process that started it.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def stk_callback(request: HttpRequest) -> HttpResponse:
    """The view, as it was written years before anybody put a gateway in front of it."""
    data = json.loads(request.body)
    callback = data["Body"]["stkCallback"]
    result_code = callback["ResultCode"]
    if result_code != 0:
        return HttpResponse(f"{result_code}: {callback['ResultDesc']}")
    items = callback["CallbackMetadata"]["Item"]
    amount = next(item["Value"] for item in items if item["Name"] == "Amount")
    receipt = next(item["Value"] for item in items if item["Name"] == "MpesaReceiptNumber")
    phone = next(item["Value"] for item in items if item["Name"] == "PhoneNumber")
    book_payment(amount, receipt, phone)
    return HttpResponse("success")


def book_payment(amount: float, receipt: str, phone: int) -> None:
    """Stands for the site's own model."""
    with Path(sys.argv[2]).open("a", encoding="utf-8") as seen:
        seen.write(json.dumps({"amount": amount, "receipt": receipt, "phone": phone}) + "\n")


urlpatterns = [path("mpesa/callback/", stk_callback)]


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def end_with_parent() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def main() -> None:
    settings.configure(
        SECRET_KEY="only for tests",
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["127.0.0.1"],
        MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
    )
    threading.Thread(target=end_with_parent, daemon=True).start()
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=QuietHandler)
    unfinished = Path(sys.argv[1] + ".new")
    unfinished.write_text(str(server.server_port), encoding="ascii")
    unfinished.rename(sys.argv[1])
    server.serve_forever()


if __name__ == "__main__":
    main()
