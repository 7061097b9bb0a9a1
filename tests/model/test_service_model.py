"""Our shapes are those of the installed botocore's service model."""

import copy
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, TypeAlias, get_type_hints

import msgspec
import pytest
from botocore.loaders import Loader

from spanglass.model import guardrail, message, span
from spanglass.model.constraints import SHAPES
from spanglass.model.shapes import (
    BooleanShape,
    DocumentShape,
    FloatShape,
    IntegerShape,
    ListShape,
    MapShape,
    Shape,
    StringShape,
    StructureShape,
    TimestampShape,
    UnionShape,
)
from spanglass.model.structure import Structure

Json: TypeAlias = dict[str, Any]

OFFERED: Final = (
    "CreateAssistant",
    "CreateSession",
    "DeleteAssistant",
    "GetAssistant",
    "GetSession",
    "ListAssistants",
    "ListMessages",
    "ListSpans",
    "ListTagsForResource",
    "SearchSessions",
    "TagResource",
    "UntagResource",
    "UpdateSession",
    "UpdateSessionData",
)
ROOTS: Final = tuple(f"{name}{end}" for name in OFFERED for end in ("Request", "Response"))
SPAN_ROOTS: Final = ("ListSpansRequest", "ListSpansResponse")
PLAIN_TRAITS: Final = frozenset({"min", "max", "pattern", "enum", "sensitive"})
"""Traits of a shape that stand in ours under the same name."""
TRAITS: Final = PLAIN_TRAITS | {
    *("type", "documentation", "members", "required", "union", "member", "key", "value", "document", "box")
}
MEMBER_TRAITS: Final = frozenset({"shape", "documentation", "location", "locationName", "idempotencyToken"})
SCALARS: Final[dict[str, tuple[type[Shape], object]]] = {
    "string": (StringShape, str),
    "integer": (IntegerShape, int),
    "float": (FloatShape, float),
    "boolean": (BooleanShape, bool),
    "timestamp": (TimestampShape, float),
}
STRUCTS: Final = {
    name: kind
    for module in (span, message, guardrail)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, Structure) and kind is not Structure
}


def installed() -> Json:
    """Read the shapes of the installed botocore's service model."""
    shapes: Json = Loader().load_service_model("qconnect", "service-2", "2020-10-19")["shapes"]
    return shapes


def reached(shapes: Json, roots: tuple[str, ...] = ROOTS) -> set[str]:
    """Name all shapes that requests and responses reach."""
    found: set[str] = set()
    pending = list(roots)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            traits = shapes[name]
            inside = [*traits.get("members", {}).values(), *map(traits.get, ("member", "key", "value"))]
            pending += [member["shape"] for member in inside if member]
    return found


def constraint_differences(shapes: Json) -> Iterator[str]:
    """Name whatever ``SHAPES`` holds otherwise than a service model, or lacks, or has beyond it."""
    names = reached(shapes)
    yield from (f"{name}: not in the service model" for name in SHAPES.keys() - names)
    yield from (f"{name}: missing" for name in names - SHAPES.keys())
    for name in names & SHAPES.keys():
        yield from (f"{name}: unknown trait {trait}" for trait in shapes[name].keys() - TRAITS)
        for member, traits in shapes[name].get("members", {}).items():
            yield from (f"{name}.{member}: unknown trait {trait}" for trait in traits.keys() - MEMBER_TRAITS)
            if traits.get("locationName", member) != member:
                yield f"{name}.{member}: is called {traits['locationName']}"
        yield from (f"{name}{difference}" for difference in shape_differences(shapes[name], SHAPES[name]))


def shape_differences(theirs: Json, ours: Shape) -> Iterator[str]:
    """Name what one shape of ours holds otherwise."""
    expected = shape_kind(theirs)
    if type(ours) is not expected:
        yield f": is {theirs['type']}, so {expected}, not {type(ours)}"
        return
    demanded = {"sensitive": False} | theirs
    for trait in PLAIN_TRAITS - {"enum"}:
        if demanded.get(trait) != getattr(ours, trait, None):
            yield f".{trait}: is {demanded.get(trait)}, not {getattr(ours, trait, None)}"
    yield from (f".enum: {value}" for value in set(theirs.get("enum", ())) ^ set(getattr(ours, "enum", ())))
    if isinstance(ours, ListShape) and theirs["member"]["shape"] != ours.member:
        yield f".member: is {theirs['member']['shape']}, not {ours.member}"
    if isinstance(ours, MapShape):
        pairs = {"key": ours.key, "value": ours.value}
        yield from (
            f".{place}: is {theirs[place]['shape']}, not {name}"
            for place, name in pairs.items()
            if theirs[place]["shape"] != name
        )
    if isinstance(ours, (StructureShape, UnionShape)):
        members = {
            (name, member["shape"], name in theirs.get("required", ())) for name, member in theirs["members"].items()
        }
        yield from (
            f".{name}: is {shape}, required: {required}" for name, shape, required in members ^ our_members(ours)
        )


def shape_kind(theirs: Json) -> type[Shape] | None:
    """Tell which kind of ours mirrors a shape; None for a type that no operation had reached before."""
    if theirs["type"] == "structure":
        return DocumentShape if theirs.get("document") else UnionShape if theirs.get("union") else StructureShape
    if theirs["type"] in {"list", "map"}:
        return ListShape if theirs["type"] == "list" else MapShape
    return SCALARS.get(theirs["type"], (None,))[0]


def our_members(ours: StructureShape | UnionShape) -> set[tuple[str, str, bool]]:
    """List members as (name, shape, required)."""
    if isinstance(ours, UnionShape):
        return {(*member, False) for member in ours.options.items()}
    required = {(*member, True) for member in ours.required.items()}
    return required | {(*member, False) for member in ours.optional.items()}


def struct_differences(shapes: Json) -> Iterator[str]:
    """Name whatever the structs hold otherwise than a service model, or lack, or have beyond it."""
    names = {
        name
        for name in reached(shapes, SPAN_ROOTS)
        if shapes[name]["type"] == "structure" and not shapes[name].get("document")
    }
    yield from (f"{name}: not in the service model" for name in STRUCTS.keys() - names)
    yield from (f"{name}: missing" for name in names - STRUCTS.keys())
    for name in names & STRUCTS.keys():
        fields = {field.encode_name: field for field in msgspec.structs.fields(STRUCTS[name])}
        hints = get_type_hints(STRUCTS[name])
        members = shapes[name]["members"]
        yield from (f"{name}.{member}: present on one side only" for member in fields.keys() ^ members.keys())
        for member in fields.keys() & members.keys():
            required = member in shapes[name].get("required", ())
            if fields[member].required != required:
                yield f"{name}.{member}: required is {required}"
            expected = python_type(shapes, members[member]["shape"])
            if hints[fields[member].name] != (expected if required else expected | None):
                yield f"{name}.{member}: is {expected}, not {hints[fields[member].name]}"


def python_type(shapes: Json, name: str) -> Any:  # noqa: ANN401 (typing forms have no common type)
    """Tell the Python type that stands for a shape."""
    shape = shapes[name]
    if shape["type"] == "list":
        return list[python_type(shapes, shape["member"]["shape"])]  # type: ignore[misc]
    if shape["type"] == "structure":
        return Any if shape.get("document") else STRUCTS.get(name, type)
    return (
        Literal[tuple(shape["enum"])]
        if "enum" in shape
        else SCALARS.get(shape["type"], (None, Literal[shape["type"]]))[1]
    )


def test_constraints_mirror_the_installed_service_model() -> None:
    """Every shape, member, requiredness, enum value, bound and pattern of the installed botocore is held, no other."""
    assert sorted(constraint_differences(installed())) == []


def test_structs_mirror_the_installed_service_model() -> None:
    """Every structure of the installed botocore has a struct of the same members, types and requiredness."""
    assert sorted(struct_differences(installed())) == []


def test_the_service_model_is_large() -> None:
    """The walk reaches the whole model: the two tests above compare something."""
    assert len(reached(installed(), SPAN_ROOTS)) >= 50
    assert len(reached(installed())) >= 130
    assert len(installed()["SpanAttributes"]["members"]) >= 39


Change: TypeAlias = Callable[[Json], object]

BOTH: Final[dict[str, Change]] = {
    "Span.traceId": lambda shapes: shapes["Span"]["members"].update(traceId={"shape": "Uuid"}),
    "SpanAttributes.topP": lambda shapes: shapes["SpanAttributes"]["members"].pop("topP"),
    "SpanTokens: missing": lambda shapes: (
        shapes.update(SpanTokens={"type": "structure", "members": {}}),
        shapes["Span"]["members"].update(tokens={"shape": "SpanTokens"}),
    ),
    "SpanCitation: not in the service model": lambda shapes: shapes["SpanTextValue"]["members"].pop("citations"),
    "Span.parentSpanId": lambda shapes: shapes["Span"]["required"].append("parentSpanId"),
    "Span.spanName": lambda shapes: shapes["Span"]["required"].remove("spanName"),
    "AIGuardrailAssessment.blocked": lambda shapes: shapes["AIGuardrailAssessment"].pop("required"),
    "PRODUCER": lambda shapes: shapes["SpanType"]["enum"].append("PRODUCER"),
    "TIMEOUT": lambda shapes: shapes["SpanStatus"]["enum"].remove("TIMEOUT"),
    "aiAgentVersion": lambda shapes: shapes["SpanAttributes"]["members"]["aiAgentVersion"].update(shape="Name"),
    "blob": lambda shapes: shapes["Name"].update(type="blob"),
}
"""Changes of the service model that the structs and the constraints both feel, by what must be named."""

CONSTRAINTS: Final[dict[str, Change]] = {
    "SpanTokens: missing": BOTH["SpanTokens: missing"],
    "Name.max": lambda shapes: shapes["Name"].update(max=256),
    "Name.min": lambda shapes: shapes["Name"].pop("min"),
    "Integer.min": lambda shapes: shapes["Integer"].update(min=0),
    "Uuid.pattern": lambda shapes: shapes["Uuid"].update(pattern="^x$"),
    "SpanList.max": lambda shapes: shapes["SpanList"].update(max=1000),
    "Tags.key": lambda shapes: shapes["Tags"]["key"].update(shape="TagValue"),
    "Tags.value": lambda shapes: shapes["Tags"]["value"].update(shape="TagKey"),
    "Origin.enum: OTHER": lambda shapes: shapes["Origin"]["enum"].append("OTHER"),
    "SessionData.sessionArn": lambda shapes: shapes["SessionData"]["required"].remove("sessionArn"),
    "SpanList.member": lambda shapes: shapes["SpanList"]["member"].update(shape="SpanAttributes"),
    "SpanAttributesTopPFloat.max": lambda shapes: shapes["SpanAttributesTopPFloat"].update(max=2.0),
    "SensitiveString.sensitive": lambda shapes: shapes["SensitiveString"].pop("sensitive"),
    "NonEmptyString.sensitive": lambda shapes: shapes["NonEmptyString"].update(sensitive=True),
    "SpanMessageValue: ": lambda shapes: shapes["SpanMessageValue"].pop("union"),
    "JSONDocument: ": lambda shapes: (
        shapes["JSONDocument"].pop("document"),
        shapes["JSONDocument"].update(members={}),
    ),
    "Timestamp: unknown trait timestampFormat": lambda shapes: shapes["Timestamp"].update(timestampFormat="iso8601"),
    "Span.status: unknown trait streaming": lambda shapes: shapes["Span"]["members"]["status"].update(streaming=True),
    "ListSpansRequest.maxResults: is called": lambda shapes: shapes["ListSpansRequest"]["members"]["maxResults"].update(
        locationName="limit"
    ),
}
"""Changes that only the constraints feel."""


@pytest.mark.parametrize(("name", "change"), [*BOTH.items(), *CONSTRAINTS.items()])
def test_a_changed_service_model_is_noticed_in_the_constraints(name: str, change: Change) -> None:
    """Whatever the service model changes, the comparison names it."""
    shapes = copy.deepcopy(installed())
    change(shapes)
    assert any(name in difference for difference in constraint_differences(shapes))


@pytest.mark.parametrize(("name", "change"), BOTH.items())
def test_a_changed_service_model_is_noticed_in_the_structs(name: str, change: Change) -> None:
    """The same for the structs."""
    shapes = copy.deepcopy(installed())
    change(shapes)
    assert any(name in difference for difference in struct_differences(shapes))
