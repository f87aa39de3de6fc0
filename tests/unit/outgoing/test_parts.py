"""The parts of a call to a source that need no network: places, secrets, the breaker."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_core.catalog.sources import Breaker
from gateway_core.errors import ConfigurationError, UpstreamDisabled, UpstreamStrayed, UpstreamUnavailable
from gateway_core.outgoing.breaker import Breakers
from gateway_core.outgoing.places import place
from gateway_core.outgoing.secrets import Secrets


class TestPlaces:
    @pytest.mark.parametrize(
        ("base", "path", "url"),
        [
            ("https://x/api", "", "https://x/api"),
            ("https://x/api/", "/a/b", "https://x/api/a/b"),
            ("https://x", "a", "https://x/a"),
            ("https://x/api", "?a=b", "https://x/api?a=b&q=1"),
            ("https://x/api", "/a?b=c&d=%20", "https://x/api/a?b=c&d=%20&q=1"),
            ("https://x/api", "/a b/é", "https://x/api/a%20b/%C3%A9"),
            ("https://x/api", "https://x/api/a/1", "https://x/api/a/1"),
            ("https://x/api", "https://x/api?page=2", "https://x/api?page=2&q=1"),
            ("https://x/api", "/a#f", "https://x/api/a"),
            ("https://x/api", "/a//b", "https://x/api/a//b"),
            ("https://x/api", "/next?u=http://y/", "https://x/api/next?u=http://y/&q=1"),
        ],
    )
    def test_a_call_goes_below_the_address(self, base: str, path: str, url: str) -> None:
        """A path is joined to the address of its source; a whole one below it counts as its rest."""
        query = [("q", "1")] if "q=1" in url else []
        assert place(base, path, query) == url

    @pytest.mark.parametrize(
        "path",
        [
            *("/../admin", "..", "/a/../../b", "/%2e%2e/b", "/%252e%252e/b", "/a/%2E./b", "/a%2f..%2fb"),
            *(
                "\\..\\b",
                "/a/..\\b",
                "/%5c..%5cb",
                "https://x.evil/api/a",
                "https://x/apis",
                "https://x/other",
            ),
            *("http://x/api/a", "https://x/api/../b", "https://x@evil/api"),
        ],
    )
    def test_a_path_that_climbs_is_refused(self, path: str) -> None:
        """No spelling of a path leads out of the address of the source, or to another host."""
        with pytest.raises(UpstreamStrayed):
            place("https://x/api", path, ())

    @pytest.mark.parametrize("path", ["//evil/a", "@evil/a", ":99/a", ".evil/a"])
    def test_a_path_is_never_a_host(self, path: str) -> None:
        """What reads as a host elsewhere is a path here."""
        assert place("https://x", path, ()).startswith("https://x/")


class TestSecrets:
    def test_the_environment_counts_with_its_prefix_only(self) -> None:
        """A bundle reaches variables that were put aside for it, and no other variable of the process."""
        secrets = Secrets.read({"GATEWAY_SECRET_A": "1", "PATH": "/bin", "GATEWAY_STORE": "s"})
        assert secrets.fill("x${A}y") == "x1y"
        for name in ("PATH", "GATEWAY_STORE", "STORE"):
            with pytest.raises(UpstreamDisabled):
                secrets.fill(f"${{{name}}}")

    def test_a_file_holds_lines(self, tmp_path: Path) -> None:
        """Lines of NAME=value; in quotes a text as JSON has it. The environment counts first."""
        file = tmp_path / "secrets"
        file.write_text('# mine\nA=1\n\nB = "x\\ny=z"\nC=a=b\n')
        secrets = Secrets.read({"GATEWAY_SECRET_A": "2"}, str(file))
        assert [secrets.get(name) for name in "ABC"] == ["2", "x\ny=z", "a=b"]

    def test_a_folder_holds_files(self, tmp_path: Path) -> None:
        """A file for each secret, named after it, without the last line break."""
        (tmp_path / "KEY").write_text("-----BEGIN\nx\n-----END\n")
        (tmp_path / ".hidden").write_text("x")
        secrets = Secrets.read({}, str(tmp_path))
        assert secrets.get("KEY") == "-----BEGIN\nx\n-----END"
        assert secrets.get(".hidden") is None

    @pytest.mark.parametrize("text", ["A", "=x", "A B=1", 'A="x'])
    def test_a_broken_file_is_told_by_its_line(self, text: str, tmp_path: Path) -> None:
        """What cannot be read is named by its line, never by its words."""
        file = tmp_path / "secrets"
        file.write_text(f"X=1\n{text}s3cret\n")
        with pytest.raises(ConfigurationError, match="line 2") as caught:
            Secrets.read({}, str(file))
        assert "s3cret" not in str(caught.value)

    def test_a_place_that_is_none_is_told(self, tmp_path: Path) -> None:
        """A file that is not there is an error at the start, not at the first call."""
        with pytest.raises(ConfigurationError, match="GATEWAY_SECRETS"):
            Secrets.read({}, str(tmp_path / "none"))

    def test_they_print_as_nothing(self) -> None:
        """A trace of a fault shows no secret."""
        assert "s3cret" not in repr(Secrets({"A": "s3cret"}))


class TestBreaker:
    RULE = Breaker(failures=2, seconds=30)

    def test_failures_in_a_row_open_it(self) -> None:
        """After so many failures a source is left alone; then one call tries it, and decides."""
        now = 0.0
        breakers = Breakers(lambda: now)
        for _ in range(2):
            breakers.enter("s", self.RULE)
            breakers.leave("s", self.RULE, failed=True)
        with pytest.raises(UpstreamUnavailable):
            breakers.enter("s", self.RULE)
        now = 31.0
        breakers.enter("s", self.RULE)
        with pytest.raises(UpstreamUnavailable):
            breakers.enter("s", self.RULE)
        breakers.leave("s", self.RULE, failed=True)
        with pytest.raises(UpstreamUnavailable):
            breakers.enter("s", self.RULE)
        now = 62.0
        breakers.enter("s", self.RULE)
        breakers.leave("s", self.RULE, failed=False)
        breakers.enter("s", self.RULE)
        assert not breakers.is_open("s")

    def test_a_success_between_starts_anew(self) -> None:
        """Only failures in a row count, and a call that tells nothing counts for neither."""
        breakers = Breakers(lambda: 0.0)
        for failed in (True, False, True, None, None):
            breakers.enter("s", self.RULE)
            breakers.leave("s", self.RULE, failed=failed)
        assert not breakers.is_open("s")

    def test_sources_are_apart(self) -> None:
        """A source that fails leaves the others alone."""
        breakers = Breakers(lambda: 0.0)
        for _ in range(2):
            breakers.enter("s", self.RULE)
            breakers.leave("s", self.RULE, failed=True)
        breakers.enter("t", self.RULE)
        assert breakers.is_open("s")
        assert not breakers.is_open("t")
