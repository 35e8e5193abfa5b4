"""Numba's type of a region's records: fields by reference, each access tagged with the word it touches.

Imported when something is compiled, and only then.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import from_dtype, types
from numba.core.datamodel.models import OpaqueModel
from numba.core.imputils import lower_getattr_generic, lower_setattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import register_model

INT64 = ir.IntType(64)


class RegionRecord(types.Type):
    """A record of a region, by reference; `fields` are offset and type of each number in it."""

    def __init__(self, dtype: np.dtype[Any], region: str, period_bytes: int) -> None:
        assert dtype.fields is not None
        scalars = {name: field for name, field in dtype.fields.items() if field[0].kind in "iuf"}
        self.fields = {name: (int(field[1]), from_dtype(field[0])) for name, field in scalars.items()}
        self.region, self.period_bytes = region, period_bytes
        content = ",".join(f"{name}:{place}:{kind}" for name, (place, kind) in self.fields.items())
        super().__init__(f"RegionRecord({region},{period_bytes},{content})")

    def place(self, offset: int) -> str:
        """Name the word that a field at `offset` lies in."""
        return f"{self.region}.{offset % self.period_bytes // 8}"


register_model(RegionRecord)(OpaqueModel)


@infer_getattr
class RegionRecordFields(AttributeTemplate):
    """Types of a record's fields."""

    key = RegionRecord

    def generic_resolve(self, record: Any, name: str) -> Any:  # type: ignore[override]
        """Type of the field `name`; None where there is none."""
        return record.fields[name][1] if name in record.fields else None


def field_access(context: Any, builder: Any, record: Any, value: Any, name: str) -> tuple[Any, Any, Any]:
    """Model of a field's type, the pointer to it, and the metadata that says which word it is."""
    offset, kind = record.fields[name]
    data = context.get_data_type(kind).as_pointer()
    place = builder.gep(value, [ir.Constant(INT64, offset)], inbounds=True)
    return context.data_model_manager[kind], builder.bitcast(place, data), alias_tag(builder.module, record, offset)


def alias_tag(module: Any, record: Any, offset: int) -> Any:
    """Metadata of an access to one word of a region: LLVM's access tag of a scalar type under one root."""
    root = module.add_metadata([ir.MetaDataString(module, "atlas")])
    name, zero = ir.MetaDataString(module, record.place(offset)), ir.Constant(INT64, 0)
    kind = module.add_metadata([name, root, zero])
    return module.add_metadata([kind, kind, zero])


@lower_getattr_generic(RegionRecord)  # type: ignore[untyped-decorator]
def lower_field_read(context: Any, builder: Any, record: Any, value: Any, name: str) -> Any:
    """Emit the reading of a field."""
    model, place, tag = field_access(context, builder, record, value, name)
    read = builder.load(place)
    read.set_metadata("tbaa", tag)
    return model.from_data(builder, read)


@lower_setattr_generic(RegionRecord)  # type: ignore[untyped-decorator]
def lower_field_write(context: Any, builder: Any, signature: Any, arguments: Any, name: str) -> None:
    """Emit the writing of a field."""
    model, place, tag = field_access(context, builder, signature.args[0], arguments[0], name)
    written = builder.store(model.as_data(builder, arguments[1]), place)
    written.set_metadata("tbaa", tag)
