"""products.toml: read strictly, every fault at once, with its line and the nearest key."""

from pathlib import Path

import pytest

from coverage_check.errors import DeclarationError, MissingFile, UnknownProduct
from coverage_check.products import Risk, read_products
from coverage_check.technology import Condition, PlaceOfUse, Receiver, SignalLevel, Technology

GOOD = """
[[product]]
code = "mbb-4g"
name = "4G mobile broadband"
network = "Exempelnät"
place_of_use = "indoors"
receiver = "indoor_router"
min_download_mbps = 10
any_of = [{technology = "4G", min_level = "good"}, {technology = "5G"}]
conditions = ["outdoor_antenna"]
sold_from = 2020-01-01
contract_months = 24
alternatives = ["mbb-3g"]
risk = {mis_sale = 9000}

[[product]]
code = "mbb-3g"
name = "3G"
network = "Exempelnät"
any_of = [{technology = "3G"}]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "products.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_arrives(tmp_path: Path) -> None:
    product = read_products(written(tmp_path, GOOD), risk=Risk(ask=100))["mbb-4g"]
    assert (product.place_of_use, product.receiver) == (PlaceOfUse.INDOORS, Receiver.INDOOR_ROUTER)
    assert [need.technology for need in product.any_of] == [Technology.G4, Technology.G5]
    assert product.any_of[0].min_level is SignalLevel.GOOD
    assert product.conditions == (Condition.OUTDOOR_ANTENNA,)
    assert product.risk == Risk(mis_sale=9000, ask=100)


def test_all_faults_at_once_each_with_its_line_and_the_nearest_word(tmp_path: Path) -> None:
    text = GOOD.replace('receiver = "indoor_router"', 'reciever = "indoor_router"').replace('"4G"', '"4g"', 1)
    text = text.replace('alternatives = ["mbb-3g"]', 'alternatives = ["mbb-3"]').replace("2020-01-01", '"soon"')
    with pytest.raises(DeclarationError) as caught:
        read_products(written(tmp_path, text))
    faults = "\n".join(caught.value.faults)
    assert len(caught.value.faults) == 4
    assert "products.toml:7" in faults
    assert "did you mean 'receiver'" in faults
    assert "'4G'" in faults
    assert "did you mean 'mbb-3g'" in faults
    assert "sold_from" in faults


MANY_FAULTS = """\
[[product]]
code = "a"
name = "A"
netwrok = "N"
sevice = "data"
place_of_use = "indoor"
min_download_mbps = "10"
any_of = [
  {technology = "4G", min_level = "good"},  # [{ in a remark, and "}]" in a text, are no brackets
  {technolgy = "4G"},
  {technology = "5g", min_level = ["good"]},
]
conditions = ["antenna"]
contract_months = 24.5
alternatives = ["b", 3]
risk = {mis_sale = 0, lost = 3}
sold_from = "2025-11"

[[product]]
code = "bb"
name = ""
network = "N"
any_of = []
alternatives = ["ab"]
risk = 5

[[products]]
code = "c"
"""


# The line of each fault, and what its sentence offers.
@pytest.mark.parametrize(
    ("line", "offers"),
    [
        (1, "lacks 'network'"),
        (4, "did you mean 'network'"),
        (5, "did you mean 'service'"),
        (6, "did you mean 'indoors'"),
        (7, "'min_download_mbps' must be a number"),
        (10, "any_of[1] lacks 'technology'"),
        (10, "any_of[1] has no key 'technolgy'; did you mean 'technology'"),
        (11, "any_of[2] 'technology' can't be '5g'; did you mean '5G'"),
        (11, "any_of[2] 'min_level'"),
        (13, "did you mean 'outdoor_antenna'"),
        (14, "'contract_months' must be a whole number"),
        (15, "'alternatives' must be a list of texts"),
        (16, "'mis_sale' is 0"),
        (16, "did you mean 'lost_sale'"),
        (17, "'sold_from' must be a date"),
        (19, "needs one of 'any_of' and 'all_of'"),
        (21, "'name' must be a text"),
        (24, "names no product 'ab'"),
        (25, "'risk' must be a table"),
        (27, "has no key 'products'; did you mean 'product'"),
    ],
)
def test_each_fault_has_its_line_and_the_nearest_word(tmp_path: Path, line: int, offers: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        read_products(written(tmp_path, MANY_FAULTS))
    assert any(f"products.toml:{line}: " in fault and offers in fault for fault in caught.value.faults), caught.value.faults
    assert len(caught.value.faults) == 20, "each once, and no more"


def test_a_product_prices_its_own_errors_over_the_config(tmp_path: Path) -> None:
    text = GOOD.replace("risk = {mis_sale = 9000}", "risk = {ask = 900}")
    catalogue = read_products(written(tmp_path, text), risk=Risk(mis_sale=8000, lost_sale=2000, ask=100))
    assert catalogue["mbb-4g"].risk == Risk(mis_sale=8000, lost_sale=2000, ask=900)
    assert catalogue["mbb-3g"].risk == Risk(mis_sale=8000, lost_sale=2000, ask=100)
    assert catalogue["mbb-4g"].risk.yes == pytest.approx(0.8875)
    assert catalogue["mbb-3g"].risk.yes == pytest.approx(0.9875)


def test_unknown_product_offers_the_nearest(tmp_path: Path) -> None:
    catalogue = read_products(written(tmp_path, GOOD))
    with pytest.raises(UnknownProduct, match="mbb-4g"):
        catalogue["mbb4g"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[product]]\ncode = 'a'",
        GOOD + GOOD,
        GOOD.replace("any_of = [{technology", "all_of = [{technology = '4G'}]\nany_of = [{technology", 1),
        GOOD.replace("mis_sale = 9000", "mis_sale = -1"),
        GOOD.replace("sold_from = 2020-01-01", "sold_from = 2020-01-01\nsold_until = 2019-01-01"),
        "not toml",
    ],
)
def test_a_faulty_catalogue_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DeclarationError):
        read_products(written(tmp_path, text))


def test_a_missing_catalogue(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"products\.toml"):
        read_products(tmp_path / "products.toml")


def test_thresholds_are_those_of_the_least_expected_loss() -> None:
    risk = Risk(mis_sale=5000, lost_sale=1500, ask=250)
    assert risk.yes == pytest.approx(0.95)
    assert risk.no == pytest.approx(1 / 6)
    never = Risk(mis_sale=5000, lost_sale=1500, ask=5000)
    assert never.yes == never.no == pytest.approx(5000 / 6500)
