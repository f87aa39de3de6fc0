"""What the repository promises about itself: its core, its files, its locks, its wheel, its documents."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "gateway_core"
VENDORED = CORE / "console" / "assets" / "swagger-ui"
LOCKS = ("requirements.lock", "requirements-dev.lock")

# The language of the bundled register. "taken" is among them: the core says "used" or "occupied".
DOMAIN_WORDS = (
    r"adres(sen)?|bericht(en)?|betrokkenen?|bijlagen?|(object|klant)?contactmoment(en)?|contactpersoon"
    r"|digitaaladres(sen)?|gemeenten?|identificator|interneta(ak|ken)|kanaal|kic|klant(en)?|klantcontact(en)?"
    r"|klantenregister|klantinteracties|medewerkers?|onderwerp(object|objecten)?|organisatie|partij(en)?"
    r"|persoon|taak|taken|vestiging|voorkeurskanaal|zaak|zaken"
)
# Whole words, also as a part of a camelCase or snake_case name.
DOMAIN = re.compile(rf"(?<![A-Za-z])(?i:{DOMAIN_WORDS})(?![a-z])")
CORE_TEXTS = {".py", ".html", ".jinja", ".j2", ".css", ".js", ".json", ".sql", ".toml", ".txt"}

# Written so that the patterns do not match themselves.
REGISTRY_HOSTS = re.compile(
    r"(?:pypi|python|pythonhosted|npmjs|yarnpkg|jsr|debian|crates|golang)[.](?:org|com|io)/"
    r"|(?:^|[/.@])(?:pypi[.]org|pythonhosted[.]org|npmjs[.](?:org|com)|unpkg[.]com|jsdelivr[.]net)"
    r"|(?:ghcr|quay)[.]io|index[-]url|find[-]links\s*[=:]\s*\S*:"
)
MACHINE_PATHS = re.compile(r"(?<![A-Za-z0-9_.~-])/(?:work|farm|root|Users/[a-z]+|home/[a-z]+)/")

# Modules that may be longer than MODULE_LINES, each with the reason why it is one thing all the same.
MODULE_LINES = 400
LONG_MODULES: dict[str, str] = {}


def project_files() -> list[Path]:
    """The files that belong to the project: tracked by git, or about to be."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: which files belong to the project is git's to say")
    command = [git, "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def lines_matching(pattern: re.Pattern[str], path: Path) -> list[str]:
    """``file:line: match`` for each line of a text file that the pattern finds something in."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return []
    name = path.relative_to(ROOT).as_posix()
    return [
        f"{name}:{number}: {found.group().strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        if (found := pattern.search(line))
    ]


def core_modules() -> list[Path]:
    return sorted(path for path in CORE.rglob("*.py") if "_bundled" not in path.parts)


def requirements(lock: str) -> dict[str, tuple[str, list[str]]]:
    """Of each requirement in a lock file its version and its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    found: dict[str, tuple[str, list[str]]] = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            name, version = re.match(r"([a-z0-9-]+)==(\S+)", line).groups()
            found[name] = (version, re.findall(r"--hash=sha256:([0-9a-f]{64})(?=\s|$)", line))
    return found


def bundle_files() -> dict[str, Path]:
    """The files of all bundles in the tree, by the name that they have in a wheel."""
    home = "gateway_core/_bundled"
    files = {f"{home}/CustomerInteraction/installation.json": ROOT / "installation.json"}
    for folder, target in (
        ("schemas", f"{home}/CustomerInteraction/schemas"),
        ("mappings", f"{home}/CustomerInteraction/mappings"),
        ("bundles", home),
    ):
        base = ROOT / folder
        files |= {
            f"{target}/{path.relative_to(base).as_posix()}": path
            for path in base.rglob("*")
            if path.is_file()
        }
    return files


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The members of a wheel built from this tree, by name."""
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = target.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


class TestTheCore:
    def test_knows_no_domain(self) -> None:
        """No word of the bundled register occurs in the core or its templates: all of it is configuration."""
        texts = [
            path
            for path in CORE.rglob("*")
            if path.suffix in CORE_TEXTS and "_bundled" not in path.parts and VENDORED not in path.parents
        ]
        assert len(texts) > len(core_modules()) // 2, "the core was not found"
        assert [line for path in sorted(texts) for line in lines_matching(DOMAIN, path)] == []

    @pytest.mark.parametrize("text", ["de Partij", "klantId", "get_klanten", '"taak"', "api/kic/v1"])
    def test_is_searched_in_every_spelling(self, text: str) -> None:
        """The search finds a domain word in prose, in names of any style and in paths."""
        assert DOMAIN.search(text)

    @pytest.mark.parametrize("text", ["vestigingsnummer", "organisation", "address", "kickoff", "mistaken"])
    def test_may_use_formats_and_english(self, text: str) -> None:
        """Names of formats and English words that merely contain a domain word are let through."""
        assert not DOMAIN.search(text)

    def test_has_modules_of_a_readable_size(self) -> None:
        """A module of the core has at most 400 lines, unless a reason is given above."""
        sizes = {
            path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
            for path in core_modules()
        }
        long = {name: size for name, size in sizes.items() if size > MODULE_LINES}
        assert {name: size for name, size in long.items() if name not in LONG_MODULES} == {}
        assert set(LONG_MODULES) <= set(long), "a reason is left of a module that is short enough"

    def test_leaves_nothing_to_do(self) -> None:
        """No module of the core is a stub or carries a note about what somebody should still do."""
        left = re.compile(r"#\s*(?:TODO|FIXME|XXX|HACK)\b|\bNotImplementedError\b")
        assert [line for path in core_modules() for line in lines_matching(left, path)] == []


class TestTheFiles:
    def test_name_no_registry(self) -> None:
        """No file names the host of a package registry: where packages come from is pip's configuration."""
        files = [path for path in project_files() if VENDORED not in path.parents]
        assert [line for path in files for line in lines_matching(REGISTRY_HOSTS, path)] == []

    def test_name_no_machine(self) -> None:
        """No file holds an absolute path of the machine that it was made on."""
        assert [line for path in project_files() for line in lines_matching(MACHINE_PATHS, path)] == []

    @pytest.mark.parametrize(
        ("pattern", "text"),
        [
            (REGISTRY_HOSTS, "https://files.python" + "hosted.org/packages/a.whl"),
            (REGISTRY_HOSTS, "--index" + "-url https://mirror.example/"),
            (REGISTRY_HOSTS, "https://registry.npm" + "js.org/left-pad"),
            (MACHINE_PATHS, "see /" + "root/notes.txt"),
            (MACHINE_PATHS, "file:///" + "home/somebody/x"),
        ],
    )
    def test_are_searched_for_what_they_would_contain(self, pattern: re.Pattern[str], text: str) -> None:
        """The two searches find what they are made for."""
        assert pattern.search(text)

    def test_are_of_moderate_size(self) -> None:
        """No file but Swagger UI's own is larger than 500 kB: data of that size is made, not kept."""
        large = [path for path in project_files() if path.stat().st_size > 500_000]
        assert [path.name for path in large if VENDORED not in path.parents] == []

    def test_of_swagger_ui_are_upstreams(self) -> None:
        """The files of Swagger UI are, byte for byte, those that the manifest names."""
        manifest = json.loads((VENDORED / "manifest.json").read_text(encoding="utf-8"))
        present = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in VENDORED.iterdir()
            if path.name != "manifest.json"
        }
        assert present == manifest["files"]

    def test_of_tests_say_what_holds(self) -> None:
        """Every test function says in a sentence what holds."""
        silent = []
        for path in sorted((ROOT / "tests").rglob("test_*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                    sentence = ast.get_docstring(node) or ""
                    if not sentence.rstrip().endswith((".", "?", "!")):
                        silent.append(f"{path.relative_to(ROOT).as_posix()}:{node.lineno} {node.name}")
        assert silent == []

    def test_of_tests_have_names_of_their_own(self) -> None:
        """No two test modules share a name, so that a report names one place."""
        names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
        assert sorted(names) == sorted(set(names))


class TestTheLocks:
    @pytest.mark.parametrize("lock", LOCKS)
    def test_pin_every_requirement_with_hashes(self, lock: str) -> None:
        """Each requirement is one exact version with at least one SHA-256 sum."""
        pinned = requirements(lock)
        assert len(pinned) > 20
        assert [name for name, (_, hashes) in pinned.items() if not hashes] == []

    @pytest.mark.parametrize("lock", LOCKS)
    def test_hold_no_address(self, lock: str) -> None:
        """A lock file has no option of pip's, no index line and no address."""
        text = (ROOT / lock).read_text(encoding="utf-8")
        assert re.findall(r"^-.*|\S*://\S*|.*@ .*|^\s+--(?!hash=).*", text, re.MULTILINE) == []

    def test_agree(self) -> None:
        """What is developed with contains what is run, in the same versions."""
        runtime, development = (requirements(lock) for lock in LOCKS)
        assert {name: development.get(name) for name in runtime} == runtime

    @pytest.mark.parametrize(
        ("lock", "extras"), [("requirements.lock", ["build"]), ("requirements-dev.lock", ["build", "dev"])]
    )
    def test_hold_what_the_project_asks_for(self, lock: str, extras: list[str]) -> None:
        """Everything that pyproject.toml names is in the lock file."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        asked = list(project["dependencies"])
        asked += [each for extra in extras for each in project["optional-dependencies"][extra]]
        names = {re.match(r"[A-Za-z0-9-]+", each).group().lower() for each in asked} - {project["name"]}
        assert names - set(requirements(lock)) == set()


class TestTheWheel:
    def test_carries_every_bundle(self, wheel: dict[str, bytes]) -> None:
        """A wheel holds the files of all bundles, byte for byte, and no other file beside them."""
        carried = {name: content for name, content in wheel.items() if "/_bundled/" in name}
        expected = {name: path.read_bytes() for name, path in bundle_files().items()}
        assert set(carried) == set(expected)
        assert [name for name in expected if carried[name] != expected[name]] == []

    def test_carries_both_bundles(self, wheel: dict[str, bytes]) -> None:
        """CustomerInteraction and the petstore are both in the wheel, side by side."""
        names = {
            name.split("/")[2]
            for name in wheel
            if re.fullmatch(r".*/_bundled/[^/]+/installation\.json", name)
        }
        assert {"CustomerInteraction", "petstore"} <= names

    def test_carries_the_whole_core(self, wheel: dict[str, bytes]) -> None:
        """Every file of the package is in the wheel: modules, templates and assets."""
        files = [path for path in project_files() if CORE in path.parents]
        assert [name for path in files if (name := path.relative_to(ROOT).as_posix()) not in wheel] == []

    def test_carries_nothing_else(self, wheel: dict[str, bytes]) -> None:
        """A wheel holds the package and its metadata; tests and documents stay in the repository."""
        tops = {name.split("/")[0] for name in wheel}
        assert {top for top in tops if not top.endswith(".dist-info")} == {"gateway_core"}

    def test_carries_its_licence(self, wheel: dict[str, bytes]) -> None:
        """The licence travels with the wheel, whole."""
        (licence,) = (name for name in wheel if name.endswith(".dist-info/licenses/LICENSE"))
        assert wheel[licence] == (ROOT / "LICENSE").read_bytes()


class TestTheCommand:
    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (["--help"], ["serve", "openapi", "app", "objects", "mapping", "doctor"]),
            (["serve", "--help"], ["--host", "--port", "--store", "--workers", "--demo"]),
            (["app", "--help"], ["add", "list", "revoke"]),
            (["objects", "--help"], ["import", "export"]),
        ],
        ids=lambda value: " ".join(value[:1]),
    )
    def test_explains_itself(self, arguments: list[str], expected: list[str]) -> None:
        """``gateway --help`` names the commands, and the help of a command its options."""
        gateway = Path(sys.executable).parent / "gateway"
        done = subprocess.run([gateway, *arguments], check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert [word for word in expected if word not in done.stdout] == []


class TestTheDocuments:
    def test_name_make_targets_that_exist(self) -> None:
        """Every ``make`` target that a document tells somebody to type is in the Makefile."""
        targets = set(
            re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        )
        named = {
            target
            for path in project_files()
            if path.suffix == ".md"
            for target in re.findall(r"(?:^|`)make ([a-z]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        }
        assert named - targets == set()

    def test_give_the_licence_in_full(self) -> None:
        """LICENSE is the complete EUPL 1.2: fifteen articles and the appendix."""
        text = (ROOT / "LICENSE").read_text(encoding="utf-8")
        articles = [int(number) for number in re.findall(r"^(\d+)\.", text, re.MULTILINE)]
        assert articles == list(range(1, 16))
        assert "EUROPEAN UNION PUBLIC LICENCE v. 1.2" in text
        assert "GNU Affero General Public License" in re.split(r"^\s+Appendix$", text, flags=re.MULTILINE)[-1]

    def test_agree_on_the_version(self) -> None:
        """pyproject.toml, publiccode.yml and the changelog speak of the same version."""
        version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
        publiccode = (ROOT / "publiccode.yml").read_text(encoding="utf-8")
        assert re.search(rf'^softwareVersion: "?{re.escape(version)}"?$', publiccode, re.MULTILINE)
        assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
