"""What sending a parcel costs."""

from bookshop.money import ZERO, Money

FREE_FROM = Money(50_00)
PARCEL_G = 20_000
BANDS = ((1_000, Money(2_90)), (5_000, Money(4_90)), (PARCEL_G, Money(8_90)))


def parcel_cost(weight_g: int) -> Money:
    """The cost of one parcel, which must not be heavier than `PARCEL_G`."""
    for limit_g, cost in BANDS:
        if weight_g <= limit_g:
            return cost
    raise ValueError(f"too heavy for one parcel: {weight_g} g")


def delivery_cost(weight_g: int, goods: Money) -> Money:
    """Free for large orders; otherwise full parcels and a last one with the rest."""
    if weight_g == 0 or goods >= FREE_FROM:
        return ZERO
    full, rest_g = divmod(weight_g, PARCEL_G)
    cost = parcel_cost(PARCEL_G).times(full)
    return cost + parcel_cost(rest_g) if rest_g else cost
