"""A signature and a docstring become a tool; what is not declared is refused, and a new tool is one file."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

import tools
from knowledge.brief import DOMAINS, SPOKEN, TASK_TYPES
from metapeft_core.errors import AdvisorError, ToolError
from metapeft_core.types import PEFTMethod
from tools.registry import Effect, Tool, UserGiven, all_tools, declared, get_tool, tool
from tools.workbench import Workbench

NAMES = (
    *("characterize_dataset", "compare_methods", "embed_task", "estimate_cost", "explain_method", "export_config"),
    *("query_experiences", "record_outcome", "run_finetuning", "select_method"),
)


def measure(
    count: Annotated[int, Field(ge=1, le=5)],
    name: str = "x",
    place: Annotated[Path, UserGiven()] | None = None,
    *,
    bench: Workbench | None = None,
) -> str:
    """Measure a thing.

    It is measured with a ruler.

    Args:
        count: How often, said
            in two lines.
        name: What to call it.
        place: Where to write it down.

    Effect: long, reads.
    """
    return f"{name} {count} {place} {bench}"


def test_a_signature_and_a_docstring_become_a_schema():
    schema = declared(measure).schema()
    assert schema["type"] == "function"
    assert schema["function"]["name"] == "measure"
    assert schema["function"]["description"] == "Measure a thing.\n\nIt is measured with a ruler."
    parameters = schema["function"]["parameters"]
    assert set(parameters["properties"]) == {"count", "name", "place"}
    assert parameters["required"] == ["count"]
    assert parameters["additionalProperties"] is False
    count = parameters["properties"]["count"]
    assert (count["type"], count["minimum"], count["maximum"]) == ("integer", 1, 5)
    assert count["description"] == "How often, said in two lines."
    assert parameters["properties"]["name"]["default"] == "x"


def test_a_tool_has_a_summary_and_its_effects():
    found = declared(measure)
    assert found.summary == "Measure a thing."
    assert found.effects == {"reads", "long"}


def test_a_model_is_not_shown_what_only_a_user_may_give():
    found = declared(measure)
    assert found.user_given == {"place"}
    parameters = found.schema(for_model=True)["function"]["parameters"]
    assert set(parameters["properties"]) == {"count", "name"}
    assert set(found.schema()["function"]["parameters"]["properties"]) == {"count", "name", "place"}


def test_a_required_path_is_not_required_of_a_model():
    found = get_tool("run_finetuning")
    assert set(found.schema()["function"]["parameters"]["required"]) == {"data", "method"}
    assert found.schema(for_model=True)["function"]["parameters"]["required"] == ["method"]


def test_a_declared_function_is_called_as_before():
    assert tool(measure) is measure
    assert measure(2) == "x 2 None None"


def test_a_call_fills_in_defaults_and_reads_plain_values():
    assert declared(measure).call({"count": 2}) == "x 2 None None"
    assert declared(measure).call({"count": 2, "place": "a/b"}) == "x 2 a/b None"


def test_what_a_call_returned_becomes_plain():
    def count() -> tuple[PEFTMethod, ...]:
        """Count.

        Effect: reads.
        """
        return (PEFTMethod.LORA,)

    found = declared(count)
    assert json.dumps(found.plain(found.call({}))) == '["lora"]'


def undocumented(rows: int, seed: int = 0) -> int:
    """Do it.

    Args:
        rows: How many.

    Effect: reads.
    """


def unannotated(rows) -> int:
    """Do it.

    Args:
        rows: How many.

    Effect: reads.
    """


def without_return(rows: int):
    """Do it.

    Args:
        rows: How many.

    Effect: reads.
    """


def without_effect(rows: int) -> int:
    """Do it.

    Args:
        rows: How many.
    """


def odd_effect() -> int:
    """Do it.

    Effect: reads, explodes.
    """


def left_over(rows: int) -> int:
    """Do it.

    Args:
        rows: How many.
        seed: It once had one.

    Effect: reads.
    """


def without_words() -> int:
    pass


def any_words(**words: int) -> int:
    """Do it.

    Effect: reads.
    """


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (undocumented, "seed is not documented"),
        (unannotated, "rows has no type"),
        (without_return, "what it returns"),
        (without_effect, "no effect"),
        (odd_effect, "explodes"),
        (left_over, "seed is documented and is no argument"),
        (without_words, "no docstring"),
        (any_words, "words is not documented"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_tool_that_is_not_fully_declared_is_refused(function: Callable[..., int], told: str):
    with pytest.raises(ToolError, match=f"{function.__name__}.*{told}"):
        tool(function)
    assert not hasattr(function, "__tool__")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"count": 2, "colour": "red"}, "measure: colour is 'red'"),
        ({"count": 6}, "measure: count is 6: .*less than or equal to 5"),
        ({"count": 0}, "measure: count is 0: .*greater than or equal to 1"),
        ({"count": "many"}, "measure: count is 'many'"),
        ({"count": 2, "name": None}, "measure: name is None"),
        ({}, "measure: count is missing"),
        ({"count": 10**5000}, "measure: count is an integer of 16610 bits"),
        ({"count": 1, "name": list(range(10**5))}, "measure: name is a list of 100000"),
    ],
)
def test_faulty_arguments_are_told_in_a_sentence(arguments: dict[str, object], told: str):
    with pytest.raises(ToolError, match=told) as fault:
        declared(measure).call(arguments)
    assert len(str(fault.value)) < 200
    assert "\n" not in str(fault.value)


def test_what_is_faulty_inside_an_argument_is_named_with_its_place():
    with pytest.raises(ToolError, match=r"select_method: task\.TaskBrief\.rows is 0"):
        get_tool("select_method").call({"task": {"rows": 0}})
    with pytest.raises(ToolError, match=r"task\.TaskBrief\.colour"):
        get_tool("select_method").call({"task": {"colour": "red"}})


def test_the_package_has_ten_tools():
    assert set(all_tools()) >= set(NAMES)
    assert get_tool("select_method").function is tools.select_method


def test_a_tool_that_there_is_not_is_told_with_those_that_there_are():
    with pytest.raises(ToolError, match=r"no tool 'select_mehtod'.*select_method"):
        get_tool("select_mehtod")


@pytest.mark.parametrize("name", NAMES)
def test_every_tool_has_a_schema_that_is_valid(name: str):
    schemas = [get_tool(name).schema(for_model=for_model)["function"] for for_model in (False, True)]
    for schema in schemas:
        assert json.loads(json.dumps(schema)) == schema
        assert schema["name"] == name
    jsonschema = pytest.importorskip("jsonschema")
    for schema in schemas:
        jsonschema.Draft202012Validator.check_schema(schema["parameters"])


@pytest.mark.parametrize("name", NAMES)
def test_every_tool_tells_what_it_does_to_whom(name: str):
    found = get_tool(name)
    assert len(found.summary) > 20
    assert found.effects <= set(get_args(Effect))
    for told in found.schema()["function"]["parameters"]["properties"].values():
        assert len(told["description"]) > 8


def test_tools_that_write_say_so_and_those_that_take_minutes_too():
    writing = {name for name, found in all_tools().items() if "writes" in found.effects}
    assert writing == {"export_config", "record_outcome", "run_finetuning"}
    assert [name for name, found in all_tools().items() if "long" in found.effects] == ["run_finetuning"]


@pytest.mark.parametrize("name", NAMES)
def test_no_path_is_for_a_model_to_give(name: str):
    found = get_tool(name)
    assert '"format": "path"' not in json.dumps(found.schema(for_model=True))
    assert found.user_given == {"data", "out"} & set(found.arguments.model_fields)


@pytest.mark.parametrize(
    ("task", "is_good"),
    [
        ({"rows": 100, "task_type": "sentiment", "language": "sl"}, True),
        ({}, True),
        ({"rows": 0}, False),
        ({"classes": 1}, False),
        ({"domain": "knitting"}, False),
        ({"language": "tlh"}, False),
    ],
    ids=str,
)
def test_the_schema_and_the_call_agree_on_what_can_be_said_of_a_task(bench, task, is_good):
    jsonschema = pytest.importorskip("jsonschema")
    found = get_tool("select_method")
    validator = jsonschema.Draft202012Validator(found.schema()["function"]["parameters"])
    # In the schema a description of data is the other thing that a task may be, and it has other fields.
    assert validator.is_valid({"task": task}) == is_good
    if is_good:
        assert found.call({"task": task}, bench).method in PEFTMethod
    else:
        with pytest.raises(ToolError):
            found.call({"task": task}, bench)


SHOUT = '''"""The tool that shouts."""

from tools.registry import tool


@tool
def shout(words: str = "hello") -> str:
    """Shout some words.

    Args:
        words: What to shout.

    Effect: reads.
    """
    return words.upper()
'''


@pytest.fixture
def new_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose modules belong to the package."""
    monkeypatch.setattr(tools, "__path__", [*tools.__path__, str(tmp_path)])
    all_tools.cache_clear()
    importlib.invalidate_caches()
    yield tmp_path
    all_tools.cache_clear()
    for file in tmp_path.glob("*.py"):
        sys.modules.pop(f"tools.{file.stem}", None)
        tools.__dict__.pop(file.stem, None)


def test_a_new_tool_is_one_file(new_tools: Path):
    (new_tools / "shout.py").write_text(SHOUT)
    assert set(all_tools()) >= {"shout", *NAMES}
    assert get_tool("shout").call({"words": "quiet"}) == "QUIET"
    from tools import shout

    assert shout() == "HELLO"


@pytest.mark.parametrize("first", ["the module", "the function"])
def test_a_tools_name_means_its_function_whatever_was_imported_first(new_tools: Path, first: str):
    (new_tools / "shout.py").write_text(SHOUT)
    if first == "the module":
        importlib.import_module("tools.shout")
    from tools import shout

    assert shout("a") == "A"
    importlib.import_module("tools.shout")
    assert tools.shout is shout
    from tools.shout import shout as direct

    assert direct is shout


def test_a_module_that_holds_no_tool_of_its_name_stays_a_module(new_tools: Path):
    (new_tools / "whisper.py").write_text(SHOUT)
    assert "whisper" not in all_tools()
    assert "shout" not in all_tools()
    assert tools.whisper.shout("a") == "A"
    assert tools.registry.all_tools is all_tools


def test_a_faulty_file_is_told_and_not_passed_over(new_tools: Path):
    (new_tools / "shout.py").write_text(SHOUT.replace("words: What to shout.", ""))
    with pytest.raises(ToolError, match="shout: argument words is not documented"):
        all_tools()


def test_what_is_no_tool_is_no_attribute():
    assert not hasattr(tools, "shout")
    with pytest.raises(ImportError):
        from tools import shout  # noqa: F401


WORDS = ("lora", "p_tuning", "query", "minilm", "minilm:3", "generation", "sentiment", "en", "../x", "~nobody", "\0")
WILD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 40)
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(WORDS)
    | st.just("x" * 400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
NUMBERS = st.integers(-2, 10**13) | st.floats()
SETTINGS = (
    *("rank", "alpha", "targets", "layers", "virtual_tokens", "encoder", "dropout", "initial_rank", "target_rank"),
    *("learning_rate", "batch_size", "max_length", "schedule", "pooling"),
)
SENSIBLE: dict[str, st.SearchStrategy[object]] = {
    "task": st.fixed_dictionaries(
        {},
        optional={
            "rows": NUMBERS | WILD,
            "classes": NUMBERS | WILD,
            "tokens": NUMBERS | WILD,
            "task_type": st.sampled_from(TASK_TYPES) | WILD,
            "domain": st.sampled_from(DOMAINS) | WILD,
            "language": st.sampled_from(SPOKEN) | WILD,
            "objective": st.sampled_from(["classification", "generation"]),
        },
    ),
    "data": st.just("/no/such/file"),
    "backbone": st.sampled_from(["minilm", "minilm:3", "Qwen3-4B"]),
    "method": st.sampled_from(PEFTMethod).map(str),
    "methods": st.lists(st.sampled_from(PEFTMethod).map(str), max_size=5),
    "settings": st.dictionaries(st.sampled_from(SETTINGS), st.integers(-2, 64) | WILD, max_size=2),
    # More steps are no fault, and take time to count.
    "steps": st.integers(-1, 300) | st.floats() | st.text(max_size=3),
    "max_minutes": NUMBERS,
    "max_memory_gb": NUMBERS,
    "count": NUMBERS,
    "target": st.sampled_from(["advisor", "mlx-lm", "axolotl", "llama-factory"]),
}
READING = ("select_method", "compare_methods", "estimate_cost", "explain_method", "query_experiences", "export_config")


@st.composite
def calls(draw: st.DrawFn) -> tuple[Tool, dict[str, object]]:
    """A tool with arguments some of which it has, most of them sensible."""
    found = get_tool(draw(st.sampled_from(READING)))
    arguments: dict[str, object] = {}
    for name, known in found.arguments.model_fields.items():
        if name != "out" and (known.is_required() or draw(st.integers(0, 2)) == 0):
            is_wild = name != "steps" and draw(st.integers(0, 9)) == 0
            arguments[name] = draw(WILD if is_wild else SENSIBLE[name])
    if draw(st.integers(0, 15)) == 0:
        arguments[draw(st.text(max_size=4))] = draw(WILD)
    return found, arguments


@settings(max_examples=120)
@given(call=calls())
def test_whatever_a_reading_tool_is_called_with_it_answers_or_says_why_not(bench: Workbench, call):
    found, arguments = call
    try:
        told = json.dumps(found.plain(found.call(arguments, bench)))
    except AdvisorError as fault:
        told = str(fault)
    # Of a model that nobody ran there are no runs.
    assert len(told) > 10 or told == "[]"
