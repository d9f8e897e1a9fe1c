"""x"""

from erp.tryton_server import Tryton


def test_it_answers(books: Tryton) -> None:
    print(books.settings, books.url, books.booked())
    assert books.booked() == []
