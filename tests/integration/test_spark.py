"""Orders on a real Apache Spark in local mode: the answers are those of one machine, and a fault is one sentence."""

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coverage_check import errors, orders
from coverage_check.checker import Checker
from coverage_check.order_rows import OUT, Defaults
from coverage_check.spark import check_orders, ship, typed_errors

if not os.environ.get("COVERAGE_CHECK_REQUIRE_ALL"):
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17, and there is none", allow_module_level=True)
    if find_spec("pyspark") is None:
        pytest.skip("the extra 'spark' is not installed: make spark", allow_module_level=True)

pytestmark = [
    pytest.mark.network,  # Spark and its workers talk over loopback
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas", "ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

BUNDLED = Path(__file__).parents[2] / "data" / "vato"
ADDRESSES = ("Harg 12", "Kyrkvägen 3", "Vätövägen 1", "Nowhere 99", "Box 12", "", None)
DAYS = ("2025-11-01", "2026-01-15", "15/1/2026", "", None)
TRIES = 3


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master(f"local[2,{TRIES}]")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "1g")
        .config("spark.log.level", "OFF")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "300")
        .config("spark.sql.session.timeZone", "Europe/Stockholm")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    """Give a config of its own with all its files, which a test may spoil."""
    folder = tmp_path / "delivery"
    shutil.copytree(BUNDLED, folder)
    return folder / "coverage-check.toml"


def made_orders(count: int) -> pa.Table:
    """Make orders by address, by position, and with every kind of fault, each row another mixture."""
    rng = np.random.default_rng(6)

    def some(values: tuple[Any, ...]) -> list[Any]:
        return [values[n] for n in rng.integers(len(values), size=count)]

    placed = rng.random(count) < 0.5
    lat = np.round(59.80 + rng.uniform(-0.05, 0.05, count), 5)
    lon = np.round(18.94 + rng.uniform(-0.10, 0.10, count), 5)
    lat[rng.random(count) < 0.02] = np.nan
    return pa.table(
        {
            "n": np.arange(count),
            "Adress": some(ADDRESSES),
            "Postnr": some(("760 21", "76021", None)),
            "Ort": some(("Vätö", None)),
            "lat": pa.array(lat, mask=~placed),
            "lon": pa.array(lon, mask=~placed),
            "produkt": some(("mbb-4g", "mbb-4g-antenna", "mbb-3g", "phone-4g", "no-such", None)),
            "datum": some(DAYS),
        }
    )


def on_spark(spark: Any, table: pa.Table, parts: int = 5) -> Any:
    return spark.createDataFrame(table).repartition(parts, "n")


def in_order(dataframe: Any) -> pa.Table:
    with typed_errors():
        table: pa.Table = dataframe.toArrow()
    return table.sort_by("n").combine_chunks()


def answers(table: pa.Table) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = table.select(["n", *OUT]).to_pylist()
    return rows


def test_the_answers_are_those_of_one_machine(spark: Any, tmp_path: Path) -> None:
    """To the bit, with the ids of the decisions: as `check_frame` gives them, and as `orders` writes them."""
    table = made_orders(1500)
    checked = in_order(check_orders(on_spark(spark, table), "demo", product="mbb-4g"))
    assert checked.num_rows == table.num_rows
    checker = Checker.from_config("demo")
    assert answers(checked) == answers(checker.check_frame(table, product="mbb-4g"))
    pq.write_table(table, tmp_path / "in.parquet")
    run = orders.Run(defaults=Defaults(product="mbb-4g"))
    orders.check_orders(checker, tmp_path / "in.parquet", tmp_path / "out.parquet", run)
    assert answers(checked) == answers(pq.read_table(tmp_path / "out.parquet"))
    assert len(set(checked["cc_verdict"].to_pylist())) >= 3
    assert checked["cc_error"].null_count < checked.num_rows


def test_each_worker_opens_the_files_once(spark: Any) -> None:
    """Spark uses its Python workers again: after a second job they have the same checker as after the first."""
    fingerprint = Checker.from_config("demo").for_batches().fingerprint

    def kept(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from coverage_check import spark as module

        for _ in batches:
            yield pa.RecordBatch.from_pylist([{"worker": os.getpid(), "checker": id(module._checkers.get(fingerprint))}])

    found = []
    for _ in range(2):
        check_orders(on_spark(spark, made_orders(600), 4), "demo", product="mbb-4g").collect()
        seen = spark.range(8).repartition(8).mapInArrow(kept, "worker long, checker long").collect()
        found.append({row.worker: row.checker for row in seen})
    before, after = found
    both = before.keys() & after.keys()
    assert both
    assert all(before[worker] == after[worker] != id(None) for worker in both)


def test_columns_of_every_type_are_untouched(spark: Any) -> None:
    orders_frame = spark.sql(
        """
        select id as n, 'Harg 12, 760 21 Vätö' as address, cast(id / 3 as decimal(12, 4)) as sek, array(id, null) as many,
            map('a', id) as named, named_struct('x', id, 'y', array('b')) as nested, cast('å' as binary) as raw,
            timestamp '2025-11-01 00:30:00' as told_at, timestamp_ntz '2025-11-01 00:30:00' as written_at,
            date '2025-11-01' as day_sold, interval '3' day as wait, cast(null as void) as nothing,
            float('nan') as odd, cast(id as byte) as small, true as yes, cast('x' as varchar(3)) as short
        from range(40)
        """
    )
    checked = check_orders(orders_frame, "demo", columns={"date": "day_sold"}, product="mbb-4g")
    assert checked.schema[: len(orders_frame.columns)] == orders_frame.schema[:]
    assert checked.columns == [*orders_frame.columns, *OUT]
    kept = in_order(checked.select(orders_frame.columns))
    assert kept.schema.equals(in_order(orders_frame).schema)
    assert repr(kept.to_pylist()) == repr(in_order(orders_frame).to_pylist())  # where NaN is like itself
    assert set(in_order(checked)["cc_verdict"].to_pylist()) == {"not_deliverable"}


def test_a_moment_is_a_day_of_the_sessions_time_zone(spark: Any) -> None:
    """Half past midnight in Stockholm is still the day before in UTC."""
    moments = spark.sql(
        "select id as n, 59.7935 as lat, 18.9140 as lon, timestamp '2025-12-10 00:30:00' as sold from range(1)"
    )
    checked = in_order(check_orders(moments, "demo", columns={"date": "sold"}, product="mbb-3g"))
    expected = Checker.from_config("demo").check("59.7935, 18.9140", product="mbb-3g", on=date(2025, 12, 10))
    assert checked["cc_reasons"].to_pylist() == [" ".join(reason.code for reason in expected.reasons)]


@pytest.mark.parametrize(
    ("columns", "options", "error", "says"),
    [
        ("'x' as note", {}, errors.TableInvalid, "address"),
        ("'x' as adress, 'y' as address", {}, errors.TableInvalid, "could both be address"),
        ("'x' as address, 1 as CC_Verdict", {}, errors.TableInvalid, "cc_verdict"),
        ("'x' as address", {"produkt": "mbb-4g"}, errors.InvalidInput, "produkt"),
        ("'x' as address", {"on": "1/11/2025"}, errors.InvalidInput, "2025-11-01"),
    ],
)
def test_what_the_driver_can_see_is_said_at_once(
    spark: Any, columns: str, options: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        check_orders(spark.sql(f"select {columns}"), "demo", **{"product": "mbb-4g"} | options)


def test_many_workers_ask_no_server(spark: Any, delivery: Path) -> None:
    text = delivery.read_text(encoding="utf-8")
    server = text[: text.index("[geocoder]")] + '[geocoder]\nkind = "photon"\nurl = "http://127.0.0.1:9"\n'
    delivery.write_text(server, encoding="utf-8")
    with pytest.raises(errors.InvalidInput, match="register"):
        check_orders(spark.sql("select 'Harg 12' as address"), delivery, product="mbb-4g")
    placed = spark.sql("select id as n, 59.7935 as lat, 18.9140 as lon from range(3)")
    assert in_order(check_orders(placed, delivery, product="mbb-4g"))["cc_error"].null_count == 3


def test_shipped_files_need_no_shared_folder(spark: Any, delivery: Path) -> None:
    """Of the files from which they were shipped nothing is left when the workers begin."""
    text = delivery.read_text(encoding="utf-8")
    delivery.write_text(text.replace("mis_sale = 5000", "mis_sale = 5001"), encoding="utf-8")
    table = made_orders(200)
    expected = Checker.from_config(delivery).check_frame(table, product="mbb-4g")
    files = ship(spark, delivery)
    shutil.rmtree(delivery.parent)
    checked = in_order(check_orders(on_spark(spark, table), files, product="mbb-4g"))
    assert answers(checked) == answers(expected)


def test_of_an_archive_all_have_the_snapshot_that_the_driver_chose(spark: Any, delivery: Path) -> None:
    text = delivery.read_text(encoding="utf-8")
    (delivery.parent / "archive").mkdir()
    (delivery.parent / "snapshot").rename(delivery.parent / "archive" / "first")
    delivery.write_text(text.replace('snapshot = "snapshot/"', 'snapshots = "archive/"'), encoding="utf-8")
    table = made_orders(50)
    checked = in_order(check_orders(on_spark(spark, table, 1), delivery, product="mbb-4g"))
    assert answers(checked) == answers(Checker.from_config(delivery).check_frame(table, product="mbb-4g"))


@pytest.mark.parametrize(
    ("spoilt", "error"),
    [
        ("register.sqlite", errors.MissingFile),
        ("products.toml", errors.MissingFile),
        ("snapshot", errors.SnapshotInvalid),
    ],
)
def test_a_file_that_an_executor_lacks_is_one_sentence(
    spark: Any, delivery: Path, spoilt: str, error: type[Exception]
) -> None:
    reworded(delivery)
    table = made_orders(20)
    checked = check_orders(on_spark(spark, table, 1), delivery, product="mbb-4g")
    path = delivery.parent / spoilt
    path.rename(path.with_name("elsewhere"))
    with pytest.raises(error) as told:
        in_order(checked)
    assert spoilt in str(told.value)
    assert "\n" not in str(told.value)
    assert not any(address in str(told.value) for address in ADDRESSES if address)


def test_other_files_than_the_drivers_are_refused(spark: Any, delivery: Path) -> None:
    reworded(delivery)
    checked = check_orders(on_spark(spark, made_orders(20), 1), delivery, product="mbb-4g")
    reworded(delivery)
    with pytest.raises(errors.SnapshotInvalid, match="than the driver"), typed_errors():
        checked.collect()


def reworded(config: Path) -> None:
    """Write the products anew, so that no worker has them open already."""
    products = config.with_name("products.toml")
    products.write_text(f"{products.read_text(encoding='utf-8')}\n# {time.time_ns()}\n", encoding="utf-8")


def test_a_worker_that_dies_is_replaced(spark: Any, delivery: Path) -> None:
    """Killed in the midst of the work: Spark does that part again, and the answers are the same."""
    reworded(delivery)
    table = made_orders(12_000)
    killed: list[int] = []
    killer = threading.Thread(target=_kill_one, args=(str(delivery.parent), killed))
    killer.start()
    checked = in_order(check_orders(on_spark(spark, table, 2), delivery, product="mbb-4g"))
    killer.join()
    assert len(killed) == 1
    assert answers(checked) == answers(Checker.from_config(delivery).check_frame(table, product="mbb-4g"))


def _kill_one(folder: str, killed: list[int]) -> None:
    """Kill the first process but ours that has mapped a file of the folder: a Python worker that is looking up."""
    until = time.monotonic() + 60
    while not killed and time.monotonic() < until:
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and int(process.name) != os.getpid() and _maps(process, folder):
                os.kill(int(process.name), signal.SIGKILL)
                killed.append(int(process.name))
                return
        time.sleep(0.01)


def _maps(process: Path, folder: str) -> bool:
    try:
        return folder in (process / "maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def test_workers_that_always_die_end_the_job_with_one_sentence(spark: Any) -> None:
    def die(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from batches
        os.kill(os.getpid(), signal.SIGKILL)

    dying = on_spark(spark, made_orders(20), 1)
    dying = dying.mapInArrow(die, dying.schema)
    with pytest.raises(errors.WorkerDied, match="memory"), typed_errors():
        check_orders(dying, "demo", product="mbb-4g").collect()


def test_other_errors_of_spark_stay_as_they_are(spark: Any) -> None:
    from pyspark.errors import PySparkException

    with pytest.raises(PySparkException, match="no_such_column"), typed_errors():
        spark.range(1).select("no_such_column")
