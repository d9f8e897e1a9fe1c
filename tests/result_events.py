"""What the recorded bodies of results and of the newer APIs are, field by field; used by providers/test_corpus.py."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.domain.event import Ids, Party
from gateway.domain.times import NAIROBI

JOHN = Party("254708374149", name="John Doe")
BALANCES = {
    "B2CUtilityAccountAvailableFunds": Decimal("10116.0"),
    "B2CWorkingAccountAvailableFunds": Decimal("900000.0"),
    "B2CChargesPaidAccountAvailableFunds": Decimal("-4510.0"),
}
PAID_OUT: dict[str, Any] = {
    "type": "payout.succeeded",
    "amount": Decimal(10),
    "currency": "KES",
    "receipt": "NLJ41HAY6Q",
    "payee": JOHN,
    "payer": Party(),
    "balances": BALANCES,
    "occurred_at": datetime(2019, 12, 19, 11, 45, 50, tzinfo=NAIROBI),
    "ids": Ids(conversation_id="AG_20191219_00004e48cf7e3533f581", originator_conversation_id="10571-7910404-1"),
}
NO_PAYOUT: dict[str, Any] = {"type": "payout.failed", "amount": None, "receipt": None, "payee": None, "currency": None}
B2B: dict[str, Any] = {
    "amount": Decimal("190.00"),
    "receipt": "QKA81LK5CY",
    "payee": Party(name="000000– Biller Company"),
    "fees": None,
    "balances": {
        "DebitAccountBalance": Decimal("6186.83"),
        "InitiatorAccountCurrentBalance": Decimal("6186.83"),
    },
    "occurred_at": datetime(2022, 11, 10, 11, 7, 17, tzinfo=NAIROBI),
}
ASKED: dict[str, Any] = {
    "amount": Decimal(300),
    "original_receipt": "MBN31H462N",
    "receipt": None,
    "fees": Decimal("22.40"),
    "payee": JOHN,
    "occurred_at": datetime(2018, 2, 23, 5, 41, 12, tzinfo=NAIROBI),
}

RESULT_EVENTS: dict[str, dict[str, Any]] = {
    "b2c-result/success": PAID_OUT,
    "b2c-result/success_codes_as_text": PAID_OUT,
    "b2c-result/failed_initiator": NO_PAYOUT,
    "b2c-result/failed_placeholder_again": NO_PAYOUT,
    "b2c-result/insufficient": NO_PAYOUT,
    # Further messages follow, so that nothing is final, whatever the code says.
    "b2c-result/waiting": {"type": "payout.unknown", "amount": Decimal(10), "receipt": None},
    "b2c-result/operator_does_not_exist": NO_PAYOUT,
    "b2c-result/unlisted_code": {"type": "payout.unknown", "amount": None, "receipt": None},
    "b2c-result/en_dash_name": {"type": "payout.succeeded", "payee": Party("254708374149", name="JANE ACHIENG")},
    "b2pochi-result/success": {
        "type": "payout.succeeded",
        "amount": Decimal(10),
        "receipt": "NLJ41HAY6Q",
        "payee": JOHN,
    },
    "b2b-result/paybill": B2B | {"type": "transfer.succeeded", "account_reference": "19008"},
    "b2b-result/topup_single_object": {
        "type": "transfer.succeeded",
        "amount": Decimal(100),
        "receipt": "SKE52PAWR9",
        "account_reference": None,
        "payee": None,
    },
    "b2b-result/failed_no_parameters": {"type": "transfer.failed", "amount": None, "receipt": None},
    "b2b-result/charges": {"type": "transfer.succeeded", "fees": Decimal("22.40")},
    "tax-result/success": B2B | {"type": "tax.succeeded", "account_reference": "353353"},
    "reversal-result/success": {
        "type": "reversal.succeeded",
        "amount": Decimal(100),
        "receipt": "MIS0000OX9",
        "original_receipt": "MIS31L3HJI",
        "payee": JOHN,
        "fees": Decimal(0),
        "occurred_at": datetime(2018, 9, 28, 11, 47, 10, tzinfo=NAIROBI),
    },
    # The code decides, not the prose.
    "reversal-result/code_21_with_success_prose": {"type": "reversal.failed", "receipt": None},
    "reversal-result/already_reversed": {"type": "reversal.failed", "receipt": None, "original_receipt": None},
    "reversal-result/original_id_invalid": {"type": "reversal.failed"},
    "status-result/completed": ASKED | {"type": "status.succeeded", "payer": Party(name="600310 - Safaricom333")},
    "status-result/cancelled": ASKED | {"type": "status.failed"},
    "status-result/declined": ASKED | {"type": "status.failed"},
    "status-result/pending": ASKED | {"type": "status.unknown"},
    "status-result/unlisted_status": ASKED | {"type": "status.unknown"},
    # The query found nothing: that says nothing of the payment.
    "status-result/receipt_not_found": {"type": "status.unknown", "amount": None, "original_receipt": None},
    "status-result/older_spelling": ASKED | {"type": "status.succeeded", "fees": None},
    "balance-result/success": {
        "type": "balance.succeeded",
        "amount": None,
        "receipt": None,
        "balances": {
            "Working Account": Decimal(700000),
            "Float Account": Decimal(0),
            "Utility Account": Decimal(228037),
            "Charges Paid Account": Decimal(-1540),
        },
    },
    "balance-result/failed_with_parameters": {"type": "balance.failed", "balances": None},
    "balance-result/throttled": {"type": "balance.unknown", "balances": None},
    "timeout/result_form": {
        "type": "request.unknown",
        "ids": Ids(conversation_id="AG_20191219_00004e48cf7e3533f581", originator_conversation_id="10571-7910404-1"),
    },
    "timeout/flat": {
        "type": "request.unknown",
        "ids": Ids(conversation_id="AG_20191219_00004e48cf7e3533f581", originator_conversation_id="10571-7910404-1"),
    },
    "timeout/unknown_form": {"type": "request.unknown", "ids": Ids()},
    # A mandate: no amount, though it has a transaction id.
    "ratiba/success": {
        "type": "mandate.succeeded",
        "amount": None,
        "currency": None,
        "receipt": "SC8F2IQMH5",
        "payer": Party(msisdn_masked="254******867"),
    },
    "ratiba/failed_other_case": {"type": "mandate.failed", "receipt": None},
    "b2b-express/success": {
        "type": "payment.succeeded",
        "amount": Decimal(71),
        "receipt": "RDQ01NFT1Q",
        "account_reference": None,
    },
    "b2b-express/cancelled": {"type": "payment.failed", "receipt": None, "account_reference": "MAndbubry3hi"},
    "bill-manager/text": {
        "type": "payment.succeeded",
        "amount": Decimal(5000),
        "receipt": "RJB53MYR1N",
        "account_reference": "LGHJIO789",
        "payer": Party("254710119383"),
        "occurred_at": datetime(2021, 9, 15, tzinfo=NAIROBI),
    },
    "bill-manager/numbers": {"type": "payment.succeeded", "amount": Decimal(5000), "account_reference": "789"},
    "pull/anything": {"type": "request.unknown", "amount": None, "receipt": None},
}
