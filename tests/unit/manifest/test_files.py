"""From paths to files."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.manifest import Manifests, load
from reconciler.model import Directory, ZipFile

if TYPE_CHECKING:
    from typing import BinaryIO

DOCUMENT = "apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {{name: {}}}\nspec:\n  {}\n"


def _write(path: Path, name: str | None = None, spec: str = "suspend: false") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(DOCUMENT.format(name or path.stem, spec), encoding="utf-8")


def _load(*paths: str, standard_input: BinaryIO | None = None) -> Manifests:
    return load(paths, environment={}, default_region=None, standard_input=standard_input)


def _messages(manifests: Manifests) -> list[str]:
    return [str(error) for error in manifests.errors]


def test_a_folder_is_read_recursively_in_order(folder: Path) -> None:
    """Manifests are found by suffix in sorted order; hidden files and folders are skipped."""
    for name in ["b.yaml", "a.yml", "sub/c.yaml", "sub/deep/d.yaml", "late/e.yaml"]:
        _write(folder / "m" / name)
    for name in [".hidden.yaml", ".git/f.yaml", "note.txt", "g.yaml.bak", "x.json"]:
        _write(folder / "m" / name)
    os.mkfifo(folder / "m" / "pipe.yaml")
    manifests = _load("./m/")
    assert _messages(manifests) == []
    assert [spec.location.file for spec in manifests.specs] == [
        "./m/a.yml",
        "./m/b.yaml",
        "./m/late/e.yaml",
        "./m/sub/c.yaml",
        "./m/sub/deep/d.yaml",
    ]


def test_paths_are_read_in_the_order_given_and_each_file_once(folder: Path) -> None:
    """A file that is reached twice, by another name or a link, is read the first time only."""
    _write(folder / "m" / "a.yaml")
    _write(folder / "m" / "b.yaml")
    (folder / "link.yaml").symlink_to("m/a.yaml")
    manifests = _load("m/b.yaml", "m", "./m/a.yaml", "link.yaml", str(folder / "m"))
    assert _messages(manifests) == []
    assert [spec.location.file for spec in manifests.specs] == ["m/b.yaml", "m/a.yaml"]


def test_links_are_followed_but_not_in_circles(folder: Path) -> None:
    """A linked folder is read, and a link to a folder above it is no endless loop."""
    _write(folder / "elsewhere" / "a.yaml")
    (folder / "m").mkdir()
    (folder / "m" / "linked").symlink_to(folder / "elsewhere")
    (folder / "elsewhere" / "up").symlink_to(folder / "m")
    manifests = _load("m")
    assert _messages(manifests) == []
    assert [spec.location.file for spec in manifests.specs] == ["m/linked/a.yaml"]


def test_standard_input_is_read_once(folder: Path) -> None:
    """A dash is standard input, whose relative paths start from the working directory."""
    content = DOCUMENT.format("a", "code: {zipFile: api.zip}").encode()
    (spec,) = _load("-", "-", standard_input=io.BytesIO(content)).specs
    assert spec.location.file == "<stdin>"
    assert isinstance(spec.code, ZipFile)
    assert spec.code.path == folder / "api.zip"


def test_relative_paths_start_from_the_manifests_folder(folder: Path) -> None:
    """Paths in a manifest do not depend on where the program is started."""
    _write(folder / "m" / "deep" / "a.yaml", spec="code: {directory: ../../source/.}")
    (spec,) = _load("m/deep").specs
    assert isinstance(spec.code, Directory)
    assert spec.code.path == folder / "source"


def test_errors_come_in_the_order_of_files_and_lines(folder: Path) -> None:
    """Errors between documents stand among the others, in the order of the documents."""
    _write(folder / "b.yaml", name="same", spec="suspend: 1")
    _write(folder / "a.yaml", name="same", spec="suspend: 1")
    assert [str(error.location) for error in _load("b.yaml", "a.yaml").errors] == [
        "b.yaml:5:12",
        "a.yaml:3:18",
        "a.yaml:5:12",
    ]


CORRECT = "correct the path or its rights"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("none", "none:1:1: there is no such file or folder; correct the path"),
        ("", ":1:1: the path is empty; name a file or folder"),
        (
            "source",
            "source:1:1: the folder has no manifests (*.yaml, *.yml); correct the path, or add one",
        ),
        ("api.zip/x", f"api.zip/x:1:1: this cannot be read: not a directory; {CORRECT}"),
        ("a\0b", rf"a\x00b:1:1: this cannot be read: no path can have these characters; {CORRECT}"),
        ("-", "<stdin>:1:1: there is no standard input; name a file or folder"),
        ("\x1b[31m", r"\x1b[31m:1:1: there is no such file or folder; correct the path"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_path_that_cannot_be_read(path: str, expected: str) -> None:
    """A path that gives no manifest is an error, not an empty desired state."""
    assert _messages(_load(path)) == [expected]


def test_a_broken_link_in_a_folder_is_an_error(folder: Path) -> None:
    """A manifest that is a link to nowhere is not passed over in silence."""
    _write(folder / "m" / "a.yaml")
    (folder / "m" / "b.yaml").symlink_to("nowhere")
    (folder / "m" / "loop.yaml").symlink_to("loop.yaml")
    manifests = _load("m")
    assert [spec.name for spec in manifests.specs] == ["a"]
    assert [str(error.location) for error in manifests.errors] == [
        "m/b.yaml:1:1",
        "m/loop.yaml:1:1",
    ]


def test_a_folder_that_cannot_be_listed_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without the right to list it is reported, and the others are read."""
    _write(folder / "m" / "open" / "a.yaml")
    (folder / "m" / "closed").mkdir()
    listed = Path.iterdir

    def refuse(path: Path) -> object:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    manifests = _load("m")
    assert [spec.name for spec in manifests.specs] == ["a"]
    assert _messages(manifests) == [
        f"m/closed:1:1: this cannot be read: permission denied; {CORRECT}"
    ]


def test_standard_input_that_fails_is_an_error() -> None:
    """A closed standard input is reported as any other unreadable file."""

    class Closed(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    assert _messages(_load("-", standard_input=Closed())) == [
        f"<stdin>:1:1: this cannot be read: input/output error; {CORRECT}"
    ]
