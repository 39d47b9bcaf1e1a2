"""Has Great Expectations judge suites over a DuckDB connection; counts come back, values cannot.

Great Expectations' own expectations quote values that offend, and its exceptions quote statements. So all rules are of
one expectation of our own whose metric is `count(*)`: no value leaves DuckDB. It takes seconds to import (SciPy
alone two), hence the imports inside.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb

from expectations.rules.rule import Suite
from expectations.validation.outcome import RuleOutcome, SuiteOutcome

if TYPE_CHECKING:
    from great_expectations.data_context import AbstractDataContext

#: Values are never asked for, whatever an expectation could give.
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0, "exclude_unexpected_values": True}


def validate(con: duckdb.DuckDBPyConnection, suites: list[Suite]) -> list[SuiteOutcome]:
    """Judges every suite; each reads its table through `con`. Raises nothing for a rule that is broken."""
    with _silence():
        context = _context()
        from expectations.validation.duckdb_dialect import CONNECTION_STRING, connection_arguments

        source = context.data_sources.add_sql(
            "door", connection_string=CONNECTION_STRING, kwargs=connection_arguments(con)
        )
        return [_validate_one(con, source, suite) for suite in suites]


def _validate_one(con: duckdb.DuckDBPyConnection, source: Any, suite: Suite) -> SuiteOutcome:
    import great_expectations as gx

    expectation = _expectation_class()
    # A query, not the table: a table that is missing must break its rules, and not the asset.
    batch = source.add_query_asset(suite.name, query="select 1 as judged").add_batch_definition_whole_table("all")
    expectations = [
        expectation(
            offenders=rule.offenders,
            description=rule.title,
            meta={"title": rule.title, "notes": rule.promise},
        )
        for rule in suite.rules
    ]
    results = batch.get_batch().validate(
        gx.ExpectationSuite(suite.name, expectations=expectations), result_format=COUNTS_ONLY
    )
    counted = {result.expectation_config.meta["title"]: _offenders(result) for result in results.results}
    return SuiteOutcome(
        suite, _rows(con, suite.table), tuple(RuleOutcome(rule, counted.get(rule.title)) for rule in suite.rules)
    )


def _offenders(result: Any) -> int | None:
    """The count of a result; null where the result is anything but a count that agrees with its verdict."""
    offenders = result.result.get("observed_value")
    if not isinstance(offenders, int) or result.success is not (offenders == 0):
        return None
    return offenders


def _rows(con: duckdb.DuckDBPyConnection, table: str) -> int | None:
    try:
        (rows,) = con.execute(f"select count(*) from {table}").fetchone() or (None,)
    except duckdb.Error:
        return None
    return None if rows is None else int(rows)


def _context() -> "AbstractDataContext":
    """A context in memory, without sites, progress bars or usage statistics."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
    )

    return gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            data_docs_sites={},
            analytics_enabled=False,
            progress_bars={"globally": False},
        ),
    )


@cache
def _expectation_class() -> Any:
    """`ExpectNoOffenders` and its metric, made once Great Expectations is imported; both register themselves."""
    import sqlalchemy
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.expectations.expectation import BatchExpectation
    from great_expectations.expectations.metrics.metric_provider import MetricProvider, metric_value

    class OffendersCounted(MetricProvider):
        """The number of rows of a query."""

        metric_name = "offenders.counted"
        value_keys = ("offenders",)

        @metric_value(engine=SqlAlchemyExecutionEngine)
        def _count(cls, execution_engine: Any, metric_value_kwargs: dict[str, Any], **_: Any) -> int:  # noqa: N805
            # SQLAlchemy takes `:name` for a parameter unless the colon is escaped.
            query = metric_value_kwargs["offenders"].replace(":", "\\:")
            statement = sqlalchemy.text(f"select count(*) from ({query}) as offender")
            return int(execution_engine.execute_query(statement).scalar_one())

    class ExpectNoOffenders(BatchExpectation):
        """No row is found by the query of offenders."""

        offenders: str
        metric_dependencies: ClassVar[tuple[str, ...]] = (OffendersCounted.metric_name,)
        success_keys: ClassVar[tuple[str, ...]] = ("offenders",)

        def _validate(self, metrics: dict[str, Any], **_: Any) -> dict[str, Any]:
            count = metrics[OffendersCounted.metric_name]
            return {"success": count == 0, "result": {"observed_value": count}}

    return ExpectNoOffenders


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing that Great Expectations or its driver says reaches a log: an error's text may quote a value."""
    loggers = [logging.getLogger(name) for name in ("great_expectations", "sqlalchemy")]
    before = [logger.propagate for logger in loggers]
    nowhere = logging.NullHandler()
    for logger in loggers:
        logger.addHandler(nowhere)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, propagate in zip(loggers, before, strict=True):
            logger.removeHandler(nowhere)
            logger.propagate = propagate
