"""The command line. Each command lives in its own module and is imported only when it is run."""

from pathlib import Path
from types import MappingProxyType

import click

from gateway import __version__
from gateway.cli.config_option import group_config_option
from gateway.cli.lazy_group import LazyGroup, Row

COMMANDS = MappingProxyType(
    {
        "init": Row("gateway.cli.init:init", "Write a working configuration with a fresh key."),
        "check": Row("gateway.cli.check:check", "Check the configuration; tell every mistake with its place."),
        "serve": Row("gateway.cli.serve:serve", "Run the gateway."),
        "plan": Row("gateway.cli.reload:plan", "Show what a reload would change."),
        "reload": Row("gateway.cli.reload:reload_", "Have the running gateway read its configuration once more."),
        "demo": Row("gateway.cli.demo:demo", "Show the gateway at work, all on this machine."),
        "urls": Row("gateway.cli.urls:urls", "List the hook URLs to register with M-Pesa."),
        "try": Row("gateway.cli.try_:try_", "Show what would become of a callback, without any side effect."),
        "test": Row("gateway.cli.test_:test_", "Run the configuration's own tests, without any side effect."),
        "events": Row("gateway.cli.events:events", "List the events."),
        "quarantine": Row(
            "gateway.cli.quarantine:quarantine", "List, or take once more, what was kept but became no event."
        ),
        "questions": Row("gateway.cli.events:questions", "List the C2B validations and why each was so answered."),
        "deliveries": Row("gateway.cli.events:deliveries", "List the deliveries and where they stand."),
        "destinations": Row("gateway.cli.destinations:destinations", "List, park and resume destinations."),
        "conflicts": Row("gateway.cli.explain:conflicts", "List the callbacks that contradict what is known."),
        "explain": Row("gateway.cli.explain:explain", "Tell the whole story of a payment, by any of its ids."),
        "replay": Row("gateway.cli.replay:replay", "Try dead letters once more."),
        "export": Row("gateway.cli.export:export", "Write an accounting file of some days, or list files."),
        "migrate": Row("gateway.cli.migrate:migrate", "Bring the tables of an older release up to date."),
        "purge": Row("gateway.cli.purge:purge", "Take away what is older than the configuration keeps it."),
        "erase": Row("gateway.cli.erase:erase", "Erase one payer's name and phone; what was booked stays."),
        "backup": Row("gateway.cli.backup:backup", "Copy the store while the gateway runs."),
        "send": Row("gateway.cli.send:send", "Post realistic callbacks to a running gateway."),
        "codes": Row("gateway.cli.codes:codes", "Say what a result code means and who must act."),
        "schema": Row("gateway.cli.schema:schema", "Print a JSON Schema: of the configuration or of events."),
        "config": Row("gateway.cli.config_show:config_group", "Show every value in force, and where it comes from."),
        "users": Row("gateway.cli.users:users", "Make passwords for people who use the console."),
        "tokens": Row("gateway.cli.tokens:tokens", "Make tokens for programs that use the API."),
        "keys": Row("gateway.cli.keys:keys", "Make keys for hook URLs."),
    }
)
"""Name -> where the command's code is, and its line in `pesagate --help`."""


@click.group(cls=LazyGroup, rows=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pesagate", message="%(prog)s %(version)s")
@group_config_option
def main(config: Path | None) -> None:
    """M-Pesa payments into the ERP you already have, by configuration alone."""
