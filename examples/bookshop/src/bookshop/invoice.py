"""Prints an order for the customer."""

from bookshop.checkout import Order
from bookshop.discounts import rate_for

WIDTH = 48


def _row(left: str, right: str) -> str:
    room = WIDTH - len(right) - 1
    return f"{left[:room]:<{room}} {right}"


def invoice(order: Order) -> str:
    rows = [f"Invoice {order.number:05d}", "-" * WIDTH]
    for line in order.lines:
        rows.append(_row(f"{line.copies} x {line.book.title}", str(line.full_price)))
        rate = rate_for(line.copies)
        if rate:
            rows.append(_row(f"    {rate} % off", f"-{line.full_price - line.price}"))
    rows += [_row("Delivery", str(order.delivery)), "-" * WIDTH, _row("Total", str(order.total))]
    return "\n".join(rows)
