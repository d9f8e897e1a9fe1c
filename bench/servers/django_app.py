"""What the common tutorials show: parse the JSON, read ResultCode, pick the items, answer. Nothing is stored.

For gunicorn: `django_app:application`. The middleware is that of a new project, less what needs a database.
"""

import json

from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="bench",  # noqa: S106
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
)

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402


@csrf_exempt
def callback(request: HttpRequest) -> JsonResponse:
    """Take a callback."""
    if request.method != "POST":
        return JsonResponse({"status": "ok"})
    told = json.loads(request.body)["Body"]["stkCallback"]
    if told["ResultCode"] != 0:
        return JsonResponse({"ResultCode": 0, "ResultDesc": "Success"})
    items = {item["Name"]: item.get("Value") for item in told["CallbackMetadata"]["Item"]}
    payment = {"checkout": told["CheckoutRequestID"], "amount": items["Amount"], "receipt": items["MpesaReceiptNumber"]}
    return JsonResponse({"ResultCode": 0 if payment["receipt"] else 1, "ResultDesc": "Success"})


urlpatterns = [path("", callback)]
application = get_wsgi_application()
