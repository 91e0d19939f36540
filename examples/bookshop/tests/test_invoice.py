from bookshop.basket import Basket
from bookshop.invoice import WIDTH, invoice


def test_lists_lines_delivery_and_total(till, novel):
    basket = Basket()
    basket.add(novel, 2)
    assert invoice(till.check_out(basket)).splitlines() == [
        "Invoice 00001",
        "-" * WIDTH,
        "2 x The Long Road                          25.98",
        "Delivery                                    2.90",
        "-" * WIDTH,
        "Total                                      28.88",
    ]


def test_shows_a_discount_below_its_line(till, grammar):
    basket = Basket()
    basket.add(grammar, 20)
    rows = invoice(till.check_out(basket)).splitlines()
    assert rows[2].endswith("170.00")
    assert rows[3].split() == ["5", "%", "off", "-8.50"]


def test_no_row_is_wider_than_the_paper(till, novel, atlas):
    basket = Basket()
    basket.add(novel, 120)
    basket.add(atlas, 1)
    assert max(map(len, invoice(till.check_out(basket)).splitlines())) <= WIDTH
