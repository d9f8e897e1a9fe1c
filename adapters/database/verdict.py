"""What an attempt's end means for the delivery."""

from sqlalchemy import exc

from adapters.database.connect import NoFile, NotConnected
from adapters.database.faults import MEANINGS, word_of
from adapters.database.statements import NotThere, OtherSpelling, Written
from adapters.database.words import shown
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.event import Event
from gateway.domain.settings import Secret

_WRITTEN = {
    Written.INSERTED: Verdict(AttemptResult.DELIVERED, "inserted", "The row was written."),
    Written.ALREADY_THERE: Verdict(AttemptResult.DUPLICATE, "already_there", "The row was there already."),
    Written.UPDATED: Verdict(AttemptResult.DUPLICATE, "updated", "The row was there already and was updated."),
}

_NOT_THERE = Verdict(
    AttemptResult.RETRY,
    "not_there",
    "The database took the row without a word, and yet it is not there. Does a trigger or a policy keep it out?",
)
_OTHER_SPELLING = Verdict(
    AttemptResult.REJECTED,
    "other_spelling",
    "The database takes the key of another row for this one's: its collation ignores case, accents or blanks. "
    "Give the columns of `unique` a collation that tells them apart.",
)


def written(what: Written) -> Verdict:
    """Return the verdict on a row that is committed."""
    return _WRITTEN[what]


def rejected(reason: str, detail: str) -> Verdict:
    """Return the verdict on what would be refused again."""
    return Verdict(AttemptResult.REJECTED, reason, detail)


def failed(error: BaseException, event: Event | None, url: Secret) -> Verdict:
    """Judge an error; the database's own words come with it, as far as they may be shown."""
    if isinstance(error, NotThere):
        return _NOT_THERE
    if isinstance(error, OtherSpelling):
        return _OTHER_SPELLING
    connected = not isinstance(error, NotConnected)
    if isinstance(error, NotConnected):
        error = error.error
    word = "no_file" if isinstance(error, NoFile) else word_of(error, connected)
    meaning = MEANINGS[word]
    said = _said(error, event, url)
    return Verdict(meaning.result, word, f"{meaning.sentence} {said}".strip(), answer=said or None)


def _said(error: BaseException, event: Event | None, url: Secret) -> str:
    cause = error.orig if isinstance(error, exc.DBAPIError) and error.orig is not None else error
    if isinstance(cause, OverflowError | UnicodeError | exc.StatementError | NoFile):
        # These quote the value, or say nothing.
        return ""
    # PostgreSQL's further lines hold the whole row; this is the first alone.
    primary = getattr(getattr(cause, "diag", None), "message_primary", None)
    texts = [part for part in cause.args if isinstance(part, str) and part.strip()]
    return shown(primary or (texts[-1] if texts else ""), event, url)
