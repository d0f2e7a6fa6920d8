"""YAML that remembers where each key stands, and errors that say so."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, Tag, ValidationError

from gtpt_bench.errors import StudyError
from gtpt_bench.study.yaml_loader import Loader, top_node

KeyPath = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)

LETTERS_SHOWN = 120
"""Of a value in an error message."""


@dataclass(frozen=True)
class YamlSource:
    """Content of a YAML file.

    Attributes:
        lines: line of each key, counted from 1, by its path from the top.
        set_keys: keys whose values come from the command line instead.
    """

    name: str
    content: dict[str, Any]
    lines: Mapping[KeyPath, int]
    set_keys: tuple[KeyPath, ...] = ()

    def place(self, path: KeyPath) -> str:
        """`file:line` of a key, or of the nearest key above it that the file has; `--set key` if it stands there."""
        for key in self.set_keys:
            if path[: len(key)] == key:
                return f"{self.name}: --set {'.'.join(map(str, key))}"
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return f"{self.name}:{self.lines[path[:length]]}"
        return self.name


def read_yaml(path: Path) -> YamlSource:
    """A YAML file whose top level is a mapping.

    Raises:
        StudyError: missing, not YAML, or a key stands twice; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        named = Path("studies") / f"{path.name}.yaml"
        hint = f"; did you mean {named}?" if named.is_file() else ""
        raise StudyError(f"{path} does not exist{hint}") from None
    except IsADirectoryError:
        raise StudyError(f"{path} is a folder; give a YAML file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{path} cannot be read: {error}") from error
    lines: dict[KeyPath, int] = {}
    try:
        root = top_node(text)
        if not isinstance(root, yaml.MappingNode):
            raise StudyError(f"{path}: a mapping of keys to values is expected")
        content = _constructed(root, (), lines, Loader(""), str(path))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise StudyError(f"{path}:{line}: not valid YAML: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise StudyError(f"{path}:{line}: not valid YAML: character #x{error.character:04x} is not allowed") from error
    except RecursionError:
        raise StudyError(f"{path}: nested too deeply, or an anchor contains itself") from None
    return YamlSource(str(path), content, lines)


def parse_value(text: str) -> Any:
    """A value from the command line, read as YAML: `0.5`, `[1, 0.7]`, `quick`.

    Raises:
        StudyError: the text is not YAML.
    """
    try:
        return yaml.load(text, Loader=Loader)
    except (yaml.YAMLError, ValueError) as error:
        raise StudyError(f"{text!r} cannot be read as a value: {str(error).splitlines()[0]}") from error


def _constructed(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], scalars: Loader, name: str) -> Any:
    """Plain Python data of a node. Keys stay text, so that a variant called 0357 is not the number 239."""
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in mapping:
                raise StudyError(f"{name}:{line}: key {key!r} stands twice")
            lines[(*path, key)] = line
            mapping[key] = _constructed(value_node, (*path, key), lines, scalars, name)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*path, index)] = item.start_mark.line + 1
        return [_constructed(item, (*path, index), lines, scalars, name) for index, item in enumerate(node.value)]
    try:
        return scalars.construct_object(node, deep=True)
    except ValueError as error:  # such as a date in month 13
        line = node.start_mark.line + 1
        raise StudyError(f"{name}:{line}: {node.value!r} cannot be read as a value: {error}") from error


def validated(model: type[M], content: Any, source: YamlSource, at: KeyPath = ()) -> M:
    """Content as a config object.

    Args:
        at: where in the file the content stands.

    Raises:
        StudyError: names the file, the line, the key and what is allowed there.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise StudyError(explained(error, model, source, at)) from error


def explained(error: ValidationError, model: type[BaseModel], source: YamlSource, at: KeyPath = ()) -> str:
    """The first problem in one line with its place in the file."""
    path, reason = first_problem(error, model)
    whole = (*at, *path)
    return f"{source.place(whole)}: {'.'.join(map(str, whole))}: {reason}" if whole else f"{source.name}: {reason}"


def first_problem(error: ValidationError, model: type[BaseModel]) -> tuple[KeyPath, str]:
    """Key of the first problem, and what is wrong with it; the number of further problems is told too."""
    problems = error.errors(include_url=False)
    first, location = problems[0], problems[0]["loc"]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return _without_tags(location, model), _reason(first, location, model) + more


def _reason(problem: Any, location: KeyPath, model: type[BaseModel]) -> str:
    if problem["type"] == "extra_forbidden":
        allowed = _fields_at(location[:-1], model)
        near = difflib.get_close_matches(str(location[-1]), allowed, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"unknown key; {hint}allowed: {', '.join(allowed)}"
    if problem["type"] == "union_tag_invalid":
        allowed = re.findall(r"'([^']*)'", problem["ctx"]["expected_tags"])
        near = difflib.get_close_matches(problem["ctx"]["tag"], allowed, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"unknown kind {_short(problem['ctx']['tag'])}; {hint}allowed: {', '.join(allowed)}"
    if problem["type"] == "too_short":
        return f"at least {problem['ctx']['min_length']} expected, got {problem['ctx']['actual_length']}"
    if problem["type"] == "missing" and isinstance(location[-1], int):
        return f"{location[-1] + 1} or more values are expected, got {location[-1]}"
    if problem["type"] in ("model_type", "model_attributes_type"):
        given = _short(problem["input"])
        return f"a mapping of its keys is expected, or the bare name of its kind if it has one, got {given}"
    message = (
        str(problem["msg"]).removeprefix("Value error, ").replace("tuple", "list").replace("dictionary", "mapping")
    )
    given = problem["input"]
    shown = "" if isinstance(given, dict | BaseModel) else f", got {_short(given)}"
    return message[:1].lower() + message[1:] + ("" if "got " in message else shown)


def _short(value: Any) -> str:
    """A value as Python writes it, of a long one the beginning."""
    text = repr(value)
    return text if len(text) <= LETTERS_SHOWN else f"{text[:LETTERS_SHOWN]}…"


def _fields_at(location: KeyPath, model: type[BaseModel]) -> list[str]:
    choices = [choices for _, _, choices in _walk(location, model)][-1:] or [[model]]
    return [field for choice in choices[0][:1] for field in choice.model_fields]


def _without_tags(location: KeyPath, model: type[BaseModel]) -> KeyPath:
    """The location without the names of union members, which pydantic adds but the file does not have."""
    return tuple(part for part, in_file, _ in _walk(location, model) if in_file)


def _walk(location: KeyPath, model: type[BaseModel]) -> Iterator[tuple[str | int, bool, list[type[BaseModel]]]]:
    """Each part of a location, whether the file has it as a key, and the config classes that may stand there."""
    choices: list[type[BaseModel]] = [model]
    tags: list[str] = []
    is_mapping = False
    for part in location:
        tagged = [choice for choice in choices if len(choices) > 1 and _tag(choice) == part]
        in_file = True
        if tagged:
            choices, in_file = tagged, False
        elif is_mapping:  # its keys are the user's, its values are what the annotation names
            is_mapping = False
        elif part in tags:
            tags, in_file = [], False
        elif not isinstance(part, int):
            field = choices[0].model_fields.get(part) if choices else None
            annotation = field.annotation if field else None
            choices, tags, is_mapping = _models_in(annotation), _tags_in(annotation), _is_mapping(annotation)
        yield part, in_file, choices


def _tag(model: type[BaseModel]) -> Any:
    kind = model.model_fields.get("kind")
    return kind.default if kind else None


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """Config classes named in a type such as `A | B`, `list[A]` or `Annotated[A | B, …]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]


def _tags_in(annotation: Any) -> list[str]:
    """Names of the members of a union that is told apart by a function."""
    here = [tag.tag for tag in getattr(annotation, "__metadata__", ()) if isinstance(tag, Tag)]
    return here + [tag for inner in get_args(annotation) for tag in _tags_in(inner)]


def _is_mapping(annotation: Any) -> bool:
    return get_origin(annotation) is dict
