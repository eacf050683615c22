"""Tools as typed things: a function's signature and docstring become its argument model, schema and declared effect.

Knows no tool by name and no language model. A tool is a module of this package with a function of the same name under
`@tool`; nothing else has to be told that it exists.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, Literal, ParamSpec, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model

from metapeft_core.data.record import shown
from metapeft_core.errors import ToolError
from metapeft_core.training.progress import Watch
from tools.workbench import Workbench

Effect = Literal["reads", "writes", "long"]
"""What a call does: it reads what is known; it changes files or the store; it takes minutes."""
P = ParamSpec("P")
R = TypeVar("R")
MARK = "__tool__"
SECTION = re.compile(r"^(Args|Effect):\s*(.*)$", re.M)
ARGUMENT = re.compile(r"^ {4}(\w+): (.*(?:\n {8,}.*)*)", re.M)


@dataclass(frozen=True, slots=True)
class UserGiven:
    """Marks an argument that comes from the user and never from a model: a path, for example."""


@dataclass(frozen=True, eq=False)
class Tool:
    """A function that can be called by name with plain values."""

    name: str
    summary: str
    description: str
    effects: frozenset[Effect]
    writes_with: str | None
    """The argument without which a call changes nothing, where there is one."""
    function: Callable[..., Any]
    user_given: frozenset[str]
    hints: Mapping[str, Any]
    told: Mapping[str, str]
    """What is said of each argument."""

    @cached_property
    def arguments(self) -> type[BaseModel]:
        """Refuses what is not declared, and what is out of range. Made when it is first needed."""
        parameters = inspect.signature(self.function).parameters
        fields: dict[str, Any] = {}
        for key, told in self.told.items():
            default = parameters[key].default
            fields[key] = (
                self.hints[key],
                Field(... if default is inspect.Parameter.empty else default, description=told),
            )
        strict = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
        return create_model(f"{self.name}_arguments", __config__=strict, **fields)

    @cached_property
    def returns(self) -> TypeAdapter[Any]:
        """What a call returns, to be written as JSON and read back."""
        return TypeAdapter(self.hints["return"])

    def schema(self, *, for_model: bool = False) -> dict[str, Any]:
        """In the form that OpenAI's function calling uses; `for_model` leaves out what only a user may give."""
        parameters = self.arguments.model_json_schema()
        if for_model:
            kept = {name: told for name, told in parameters["properties"].items() if name not in self.user_given}
            parameters = parameters | {"properties": kept}
            parameters["required"] = [name for name in parameters.get("required", []) if name in kept]
        told = {"name": self.name, "description": self.description, "parameters": parameters}
        return {"type": "function", "function": told}

    def will_write(self, arguments: Mapping[str, Any]) -> bool:
        """Whether a call with these arguments changes files or the store."""
        needed = self.writes_with
        return "writes" in self.effects and (needed is None or arguments.get(needed) is not None)

    def call(self, arguments: Mapping[str, Any], bench: Workbench | None = None, watch: Watch | None = None) -> Any:
        """Check plain values and call; what is faulty is told as a `ToolError`. `watch` is for tools that train."""
        try:
            checked = self.arguments.model_validate(dict(arguments))
        except ValidationError as fault:
            first = fault.errors()[0]
            place = ".".join(map(str, first["loc"])) or "arguments"
            if first["type"] == "missing":
                raise ToolError(f"{self.name}: {place} is missing: give it") from fault
            reason = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
            raise ToolError(f"{self.name}: {place} is {shown(first['input'])}: {reason}") from fault
        given = {name: getattr(checked, name) for name in checked.model_fields_set}
        if watch is not None and "watch" in inspect.signature(self.function).parameters:
            given["watch"] = watch
        return self.function(**given, **({} if bench is None else {"bench": bench}))

    def plain(self, found: Any) -> Any:
        """What a call returned, as JSON knows it."""
        return self.returns.dump_python(found, mode="json")


def tool(function: Callable[P, R]) -> Callable[P, R]:
    """Declare a tool. One whose arguments or effect are not documented is refused at once."""
    setattr(function, MARK, declared(function))
    return function


def declared(function: Callable[..., Any]) -> Tool:
    """The tool that a function is."""
    name = str(getattr(function, "__name__", "?"))
    text = inspect.getdoc(function) or ""
    sections = {found[1]: found.start() for found in SECTION.finditer(text)}
    description = text[: min(sections.values(), default=len(text))].strip()
    if not description:
        raise ToolError(f"tool {name} has no docstring: its first line tells what it does")
    told = {found[1]: " ".join(found[2].split()) for found in ARGUMENT.finditer(_section(text, "Args"))}
    hints = get_type_hints(function, include_extras=True)
    if "return" not in hints:
        raise ToolError(f"tool {name} does not say what it returns: annotate it")
    # What can only be said by keyword is the program's own wiring: the workbench, who watches.
    parameters = inspect.signature(function).parameters
    shown = [key for key, value in parameters.items() if value.kind is not value.KEYWORD_ONLY]
    _check_documented(name, set(shown), set(told), hints)
    return Tool(
        name,
        description.splitlines()[0],
        description,
        *_effects(name, text),
        function,
        frozenset(key for key in shown if _is_user_given(hints[key])),
        hints,
        {key: told[key] for key in shown},
    )


def _section(text: str, name: str) -> str:
    found = re.search(rf"^{name}:\n((?:[ \t].*\n?|\n)+)", text, re.M)
    return found[1] if found else ""


def _check_documented(name: str, shown: set[str], told: set[str], hints: Mapping[str, Any]) -> None:
    for key in sorted(shown):
        if key not in hints:
            raise ToolError(f"tool {name}: argument {key} has no type: annotate it")
        if key not in told:
            raise ToolError(f"tool {name}: argument {key} is not documented: describe it under `Args:`")
    if told - shown:
        raise ToolError(f"tool {name}: {sorted(told - shown)[0]} is documented and is no argument: remove it")


def _effects(name: str, text: str) -> tuple[frozenset[Effect], str | None]:
    """What is declared, and the argument without which nothing is written: `Effect: reads, writes with out.`"""
    found = re.search(r"^Effect: ([a-z, ]+?)(?: with (\w+))?\.?$", text, re.M)
    words = [word.strip() for word in found[1].split(",")] if found else []
    unknown = [word for word in words if word not in get_args(Effect)]
    if not words or unknown:
        raise ToolError(
            f"tool {name} declares {', '.join(unknown) or 'no effect'}: end its docstring with `Effect: reads.`, "
            "or with `writes` or `long`"
        )
    return frozenset(word for word in get_args(Effect) if word in words), found[2] if found else None


def _is_user_given(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return any(isinstance(part, UserGiven) for part in hint.__metadata__) or _is_user_given(get_args(hint)[0])
    return any(_is_user_given(part) for part in get_args(hint))


@cache
def all_tools() -> Mapping[str, Tool]:
    """Every tool of this package, by name."""
    package = importlib.import_module("tools")
    found: dict[str, Tool] = {}
    for module in pkgutil.iter_modules(package.__path__):
        known = _tool_of(module.name)
        if known is not None:
            found[known.name] = known
    return found


def _tool_of(name: str) -> Tool | None:
    """The tool that a module holds, where it holds one."""
    known = getattr(getattr(importlib.import_module(f"tools.{name}"), name, None), MARK, None)
    return known if isinstance(known, Tool) else None


def get_tool(name: str) -> Tool:
    """A tool by its name; the others are not imported for it."""
    if name.isidentifier() and importlib.util.find_spec(f"tools.{name}") is not None:
        found = _tool_of(name)
        if found is not None:
            return found
    raise ToolError(f"there is no tool {name!r}: there are {', '.join(sorted(all_tools()))}")
