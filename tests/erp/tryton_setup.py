"""Sets up an empty Tryton as a Kenyan shop's accountant would: run by Tryton's own Python, not by ours.

    python tryton_setup.py CONFIG DATABASE DAY...

DAY (YYYY-MM-DD) are days that need an open period. Prints one JSON object: the ids that the gateway's configuration
names, and the key of its user.
"""

import json
import sys
from datetime import date
from decimal import Decimal

from proteus import Model, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, get_accounts
from trytond.modules.company.tests.tools import create_company, get_company

CUSTOMERS = {"ACC-001": "Wanjiku Stores", "ACC-002": "Otieno & Sons"}
SHORTCODE = "600638"


def main(config_file: str, database: str, *days: str) -> None:
    """Do all of it and print what came of it."""
    config.set_trytond(database=database, config_file=config_file)
    create_company(currency=_shillings())
    company = get_company()
    create_chart(company)
    _open_year(company, [date.fromisoformat(day) for day in days])
    clearing = _clearing_account(company)
    for code, name in CUSTOMERS.items():
        Model.get("party.party")(name=name, code=code).save()
    print(
        json.dumps(
            {
                "company": company.id,
                "journal": Model.get("account.journal").find([("type", "=", "cash")])[0].id,
                "clearing": clearing.id,
                "receivable": get_accounts(company)["receivable"].id,
                "key": _gateway_key(company),
            }
        )
    )


def _shillings():
    currency = Model.get("currency.currency")(name="Kenyan Shilling", code="KES", symbol="KSh", digits=2)
    rate = currency.rates.new()
    rate.date = date(2020, 1, 1)
    rate.rate = Decimal(1)
    currency.save()
    return currency


def _open_year(company, days):
    year = create_fiscalyear(company, (min(days), max(days)))
    year.save()
    year.click("create_period")


def _clearing_account(company):
    cash = get_accounts(company)["cash"]
    account = Model.get("account.account")(name=f"M-Pesa {SHORTCODE}", code=f"1.1.1.{SHORTCODE}", company=company)
    account.type = cash.type
    account.parent = cash.parent
    account.save()
    return account


def _gateway_key(company):
    user = Model.get("res.user")(name="M-Pesa gateway", login="mpesa-gateway")
    user.companies.append(Model.get("company.company")(company.id))
    user.company = Model.get("company.company")(company.id)
    groups = Model.get("res.group").find([("name", "in", ["Accounting", "Account", "Accounting Party"])])
    user.groups.extend(groups)
    user.save()
    application = Model.get("res.user.application")(user=user, application="rest")
    application.save()
    if application.state != "validated":
        application.click("validate_")
    return application.key


if __name__ == "__main__":
    main(*sys.argv[1:])
