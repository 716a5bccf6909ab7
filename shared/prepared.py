"""Statements of the busiest paths: compiled once, then executed straight on the driver's cursor.

SQLAlchemy builds a context and a result around every execution, which takes three to ten times as long as
SQLite takes for a look-up by key. A submit is ten such statements and a status two. The statements themselves
stay SQLAlchemy's: it writes their SQL for either database, and its types convert what goes in and comes out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPICursor, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any]


@dataclass(slots=True)
class _Compiled:
    """A statement for one kind of database. ``names`` orders the values (None: they go by name)."""

    sql: str
    constants: Mapping[str, Any]
    names: tuple[str, ...] | None
    into: tuple[tuple[str, Convert], ...]
    types: tuple[TypeEngine[Any], ...]
    #: How columns of a row are converted; known when the driver has named their types once.
    out: tuple[tuple[int, Convert], ...] | None = None


class Prepared:
    """One statement with named parameters (``bindparam``); lists of values (``IN``) cannot be parameters.

    Rows are plain tuples. Errors are those of SQLAlchemy: DBAPIError and its kinds.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._known: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Execute and give all rows."""
        dialect = connection.dialect
        compiled = self._compiled(dialect)
        try:
            cursor = _execute(connection, compiled, values)
            # SQLite goes on looking here: what fails may fail only now.
            found: list[tuple[Any, ...]] = list(cursor.fetchall())
            if compiled.out is None:
                compiled.out = _converters(compiled.types, cursor, dialect)
            cursor.close()
        except dialect.loaded_dbapi.Error as error:
            raise _failure(connection, compiled, error) from error
        return [_converted(row, compiled.out) for row in found] if compiled.out else found

    def row(self, connection: Connection, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Execute and give the first row, None when there is none."""
        found = self.rows(connection, values)
        return found[0] if found else None

    def run(self, connection: Connection, values: Mapping[str, Any]) -> None:
        """Execute what gives no rows."""
        compiled = self._compiled(connection.dialect)
        try:
            _execute(connection, compiled, values).close()
        except connection.dialect.loaded_dbapi.Error as error:
            raise _failure(connection, compiled, error) from error

    def _compiled(self, dialect: Dialect) -> _Compiled:
        found = self._known.get(dialect.name)
        if found is None:
            found = self._known[dialect.name] = _compile(self._statement, dialect)
        return found


def _execute(connection: Connection, compiled: _Compiled, values: Mapping[str, Any]) -> DBAPICursor:
    given = {**compiled.constants, **values}
    for name, convert in compiled.into:
        given[name] = convert(given[name])
    names = compiled.names
    sent: Any = given if names is None else [given[name] for name in names]
    cursor = connection.connection.cursor()
    cursor.execute(compiled.sql, sent)
    return cursor


def _failure(connection: Connection, compiled: _Compiled, error: Exception) -> BaseException:
    """The driver's error as SQLAlchemy raises it. With a lost connection all of the pool are given up."""
    dialect = connection.dialect
    driver = dialect.loaded_dbapi
    assert isinstance(error, driver.Error)
    lost = dialect.is_disconnect(error, connection.connection, None)
    if lost:
        connection.invalidate(error)
        connection.engine.dispose()
    return DBAPIError.instance(
        compiled.sql, None, error, driver.Error, connection_invalidated=lost, dialect=dialect
    )


def _compile(statement: Executable, dialect: Dialect) -> _Compiled:
    assert isinstance(statement, ClauseElement)
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    if compiled.post_compile_params:
        raise ValueError("a prepared statement takes no lists of values")
    into = []
    for bind, name in compiled.bind_names.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            into.append((name, convert))
    return _Compiled(
        sql=str(compiled),
        constants={name: bind.value for bind, name in compiled.bind_names.items() if not bind.required},
        names=None if compiled.positiontup is None else tuple(compiled.positiontup),
        into=tuple(into),
        types=tuple(column.type for column in compiled._result_columns),
    )


def _converters(
    types: tuple[TypeEngine[Any], ...], cursor: DBAPICursor, dialect: Dialect
) -> tuple[tuple[int, Convert], ...]:
    found = []
    for place, (type_, told) in enumerate(zip(types, cursor.description, strict=True)):
        convert = type_.dialect_impl(dialect).result_processor(dialect, told[1])
        if convert is not None:
            found.append((place, convert))
    return tuple(found)


def _converted(row: tuple[Any, ...], out: tuple[tuple[int, Convert], ...]) -> tuple[Any, ...]:
    values = list(row)
    for place, convert in out:
        values[place] = convert(values[place])
    return tuple(values)
