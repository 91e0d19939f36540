import pytest
from bookshop.delivery import delivery_cost, parcel_cost
from bookshop.money import ZERO, Money


@pytest.mark.parametrize(
    ("weight_g", "cost"), [(1, 2_90), (1_000, 2_90), (1_001, 4_90), (5_000, 4_90), (5_001, 8_90), (20_000, 8_90)]
)
def test_a_parcel_costs_by_its_weight(weight_g, cost):
    assert parcel_cost(weight_g) == Money(cost)


def test_a_parcel_has_a_greatest_weight():
    with pytest.raises(ValueError, match="too heavy"):
        parcel_cost(20_001)


def test_heavy_orders_go_in_several_parcels():
    assert delivery_cost(41_000, Money(10_00)) == Money(2 * 8_90 + 2_90)
    assert delivery_cost(40_000, Money(10_00)) == Money(2 * 8_90)


@pytest.mark.parametrize(("goods", "cost"), [(49_99, 4_90), (50_00, 0), (80_00, 0)])
def test_large_orders_are_delivered_free(goods, cost):
    assert delivery_cost(2_000, Money(goods)) == Money(cost)


def test_nothing_to_send_costs_nothing():
    assert delivery_cost(0, ZERO) == ZERO
