"""Any record that can be read, made of values at the edges of what its fields take."""

from datetime import UTC, datetime
from enum import Enum
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

R = TypeVar("R", bound=msgspec.Struct)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EDGES: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.sampled_from([0, 1, 2**53 - 1]),
    str: st.sampled_from(["", "a", "\0", "trapline_canary", "ü\U0010ffff", "z" * 500]),
    datetime: st.sampled_from(
        [datetime(1970, 1, 1, tzinfo=UTC), NOON, NOON.replace(second=1), datetime(8999, 12, 31, 23, 59, 59, tzinfo=UTC)]
    ),
    type(None): st.none(),
}


def records(kind: type[R]) -> st.SearchStrategy[R]:
    """Records of `kind`: each field as `EDGES` has its type."""
    return st.builds(kind, **{name: _of(type_) for name, type_ in get_type_hints(kind).items()})


def _of(type_: Any) -> st.SearchStrategy[Any]:
    if type_ in EDGES:
        return EDGES[type_]
    if isinstance(type_, UnionType):
        return st.one_of([_of(each) for each in get_args(type_)])
    if get_origin(type_) is tuple:
        return st.lists(_of(get_args(type_)[0]), max_size=2).map(tuple)
    if get_origin(type_) is dict:
        return st.dictionaries(*map(_of, get_args(type_)), max_size=2)
    return st.sampled_from(type_) if issubclass(type_, Enum) else records(type_)
