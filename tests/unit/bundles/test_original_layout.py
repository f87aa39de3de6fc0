"""Bundles in the layout of Common Gateway: everything in them is read, or named with the reason."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from original_bundle import CORE, IDS, LINE, MANIFEST, ORDER, SHOP, artifact, files, schema, shop

from gateway_core.bundles.layout import lay_out
from gateway_core.bundles.original import with_test_data
from gateway_core.types import Artifact, Bundle, Kind, Severity

MANIFEST_PATH = "Installation/installation.json"


def of(bundle: Bundle, kind: Kind) -> dict[str, Artifact]:
    return {a.reference: a for a in bundle.artifacts if a.kind is kind}


def rejected(bundle: Bundle) -> list[str]:
    return [f"{f.path}: {f.message}" for f in bundle.findings if f.code == "rejected"]


def manifest(**more: Any) -> dict[str, Any]:
    return {MANIFEST_PATH: {**MANIFEST, **more}}


class TestFiles:
    def test_are_found_in_folders_of_any_name(self) -> None:
        """Kinds follow from ``$schema``; folders, depth and endings mean nothing."""
        bundle = shop(
            {"Installation/Odds/Ends/x.json": artifact("Action", "a.action.json", **{"class": "A"})}
        )
        assert Counter(a.kind for a in bundle.artifacts) == {
            Kind.SCHEMA: 3,
            Kind.COLLECTION: 1,
            Kind.SOURCE: 1,
            Kind.ACTION: 1,
            Kind.ENDPOINT: 7,
        }
        assert rejected(bundle) == []

    @pytest.mark.parametrize("folder", ["Action", "Schema", "Source", "Mapping", "Data"])
    def test_of_the_older_layout_are_read_too(self, folder: str) -> None:
        """Folders beside ``Installation`` are read, with the ``$schema`` that they had."""
        old = {"$id": f"{SHOP}old.action.json", "$schema": "https://json-schema.org/draft/2020-12/action"}
        bundle = shop({f"{folder}/old.json": {**old, "class": "Old"}})
        assert of(bundle, Kind.ACTION)[f"{SHOP}old.action.json"].body["class"] == "Old"

    @pytest.mark.parametrize(
        "name",
        [
            f"{CORE}Mapping.schema.json",
            f"{CORE}Mapping.schema.json#",
            f"{CORE}Mapping",
            "https://docs.commongateway.nl/schemas/mapping.json",
            "https://json-schema.org/draft/2020-12/mapping",
        ],
    )
    def test_say_their_kind_in_every_spelling(self, name: str) -> None:
        """``$schema`` old and new, with and without ``.schema.json``, names the kind."""
        body = {"$id": f"{SHOP}m.mapping.json", "$schema": name, "mapping": {"a": "b"}}
        bundle = shop({"Installation/x": body})
        (found,) = of(bundle, Kind.MAPPING).values()
        assert found.body["$schema"] == f"{CORE}Mapping.schema.json"

    def test_in_yaml_say_the_same(self) -> None:
        """An artifact in YAML is that in JSON."""
        text = f"$id: {SHOP}m.mapping.json\n$schema: {CORE}Mapping.schema.json\nmapping:\n  a: 'b'\n"
        body = {
            "$id": f"{SHOP}m.mapping.json",
            "$schema": f"{CORE}Mapping.schema.json",
            "mapping": {"a": "b"},
        }
        one, other = shop({"Installation/m.yaml": text}), shop({"Installation/m.json": body})
        assert [a.body for a in one.artifacts] == [a.body for a in other.artifacts]

    def test_that_hold_lists_by_type_hold_many_artifacts(self) -> None:
        """A file without ``$schema`` is a map from types, the core's or a schema's, to lists."""
        content = {
            f"{CORE}Action.schema.json": [{"$id": "urn:a", "class": "A"}, {"$id": "urn:b", "class": "B"}],
            ORDER: [{"_id": IDS[1], "number": "1"}],
        }
        bundle = shop({"Installation/Data/data.json": content})
        assert set(of(bundle, Kind.ACTION)) == {"urn:a", "urn:b"}
        (data,) = of(bundle, Kind.DATA).values()
        assert data.body[ORDER] == [{"_id": IDS[1], "number": "1"}]

    def test_of_test_data_are_kept_apart(self) -> None:
        """Objects stand in a ``data.json`` when they are needed; others are test data and marked."""
        listed = {ORDER: [{"number": "1"}]}
        bundle = shop({"Installation/Data/data.json": listed, "Installation/Data/tests.json": listed})
        marked = {a.origin.path: a.body.get("$optional") for a in bundle.artifacts if a.kind is Kind.DATA}
        assert marked == {"Installation/Data/data.json": None, "Installation/Data/tests.json": True}
        assert [f.path for f in bundle.findings if f.code == "test-data"] == ["Installation/Data/tests.json"]

    def test_of_test_data_are_data_when_wanted(self) -> None:
        """Whoever asks for test data gets it as data like any other."""
        bundle = with_test_data(shop({"Installation/Data/tests.json": {ORDER: [{"number": "1"}]}}))
        (data,) = of(bundle, Kind.DATA).values()
        assert (data.body.get("$optional"), data.body[ORDER], bundle.findings) == (
            None,
            [{"number": "1"}],
            (),
        )

    def test_of_one_object_name_its_schema(self) -> None:
        """A document whose ``$schema`` is no kind is an object of that schema."""
        bundle = shop({"Installation/Data/one.json": {"$schema": ORDER, "number": "1"}})
        (data,) = of(bundle, Kind.DATA).values()
        assert data.body[ORDER] == [{"number": "1"}]

    def test_with_an_id_of_the_object_keep_it(self) -> None:
        """``id`` serves as ``_id`` when it is one, so that references to the object hold."""
        bundle = shop({"Installation/data.json": {ORDER: [{"id": IDS[3].upper()}, {"id": "x"}]}})
        (data,) = of(bundle, Kind.DATA).values()
        assert [each.get("_id") for each in data.body[ORDER]] == [IDS[3], None]

    def test_without_a_schema_are_known_by_their_names(self) -> None:
        """The end of the ``$id``, of the file or the folder tells; a remark says so."""
        bare = {"$id": "urn:a", "class": "A"}
        bundle = shop({"Installation/Action/x.json": bare, "Installation/b.action.json": {"$id": "urn:b"}})
        assert set(of(bundle, Kind.ACTION)) == {"urn:a", "urn:b"}
        assert [f.reference for f in bundle.findings if f.code == "no-schema"] == ["urn:a", "urn:b"]

    def test_without_an_id_are_known_by_their_file(self) -> None:
        """An artifact without ``$id`` is kept, under the name of its file."""
        bundle = shop({"Installation/x.json": {"$schema": f"{CORE}Action.schema.json", "class": "A"}})
        assert set(of(bundle, Kind.ACTION)) == {"ShopBundle/Installation/x.json"}


class TestFaults:
    @pytest.mark.parametrize(
        ("content", "message", "line"),
        [
            ('{"$id": "urn:x",\n "a": 1,}', "Illegal trailing comma", 2),
            ("{", "Expecting property name", 1),
            ("[1]", "a JSON object is expected", None),
            ('{"a": NaN}', "NaN is no JSON", None),
            (r'{"a": "\ud800"}', "half of a letter", None),
            (r'{"a": "\u0000"}', "a NUL", None),
            ('{"a": ' + "[" * 5_000 + "]" * 5_000 + "}", "nests", None),
        ],
        ids=["trailing-comma", "unfinished", "list", "nan", "surrogate", "nul", "deep"],
    )
    def test_of_a_file_are_named_with_their_place(self, content: str, message: str, line: int | None) -> None:
        """A file that is no JSON is rejected by name, line and column, and the rest is there."""
        bundle = shop({"Installation/Source/broken.source.json": content})
        (fault,) = (f for f in bundle.findings if f.code == "rejected")
        assert fault.path == "Installation/Source/broken.source.json"
        assert message in fault.message or "Expecting property name" in fault.message
        assert (fault.place.line if fault.place else None) == line
        assert fault.severity is Severity.WARNING
        assert bundle.artifacts == shop().artifacts

    def test_of_a_kind_come_with_a_suggestion(self) -> None:
        """A ``$schema`` of the core that does not exist is told, with the one that was meant."""
        bundle = shop({"Installation/x.json": artifact("Maping", "m.json")})
        (fault,) = (f for f in bundle.findings if f.code == "rejected")
        assert fault.hint == "did you mean Mapping?"

    def test_of_elements_leave_their_neighbours(self) -> None:
        """What is no object in a list is rejected by number; the others are read."""
        bundle = shop({"Installation/data.json": {ORDER: [{"number": "1"}, 7], "x": "y"}})
        assert rejected(bundle) == [
            f"Installation/data.json: number 2 of '{ORDER}' is no object",
            "Installation/data.json: 'x' holds no list of objects",
        ]
        assert len(of(bundle, Kind.DATA)) == 1

    def test_doubled_keys_are_told(self) -> None:
        """Of a key that stands twice the last counts, as it does there, and it is said."""
        text = f'{{"$id": "urn:a", "$schema": "{CORE}Action.schema.json", "class": "A", "class": "B"}}'
        bundle = shop({"Installation/a.json": text})
        assert of(bundle, Kind.ACTION)["urn:a"].body["class"] == "B"
        assert [f.message for f in bundle.findings if f.code == "duplicate-key"] == [
            "key 'class' occurs twice in one object, and the last one counts"
        ]

    def test_one_reference_twice_is_named(self) -> None:
        """Of two artifacts with one reference the higher version counts; equal ones are one."""
        newer = {**schema(LINE, "Line"), "version": "0.0.10"}
        bundle = shop({"Installation/a.json": newer, "Installation/b.json": newer})
        assert of(bundle, Kind.SCHEMA)[LINE].version == "0.0.10"
        told = {(f.code, f.severity, f.path) for f in bundle.findings}
        assert told == {
            ("duplicate", Severity.INFO, "Installation/b.json"),
            ("rejected", Severity.WARNING, "Installation/Schema/deep/er/shop.line.schma.json"),
        }

    def test_other_files_are_passed_over_by_name(self) -> None:
        """A picture or a text in the tree is no configuration, and that is told."""
        bundle = shop({"Installation/readme.txt": "hello"})
        assert [(f.severity, f.path) for f in bundle.findings] == [(Severity.INFO, "Installation/readme.txt")]

    @given(st.data())
    def test_damage_never_breaks_the_reading(self, data: st.DataObject) -> None:
        """Bytes changed, cut or added anywhere: findings at most, never another exception."""
        whole = files()
        path = data.draw(st.sampled_from(sorted(whole)))
        content = bytearray(whole[path])
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(content)))
            content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        bundle = lay_out({**whole, path: bytes(content)}, "x")
        assert len(bundle.artifacts) >= 5

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(ORDER),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["$id", "$schema", "reference", "path", "pathRegex", "methods", "schemas", "throws"]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        ),
        st.sampled_from(["collections", "schemas", "endpoints", "actions", "cronjobs", "users", "cards"]),
    )
    def test_a_manifest_may_hold_anything(self, value: Any, key: str) -> None:
        """Whatever stands under a key of the manifest is read or rejected."""
        for held in (value, [value], {"schemas": value}, {"handlers": [value], "fixConfigRef": value}):
            bundle = lay_out(files(manifest(**{key: held})), "x")
            assert len(bundle.artifacts) >= 5


class TestTheManifest:
    def test_makes_an_endpoint_of_each_entry(self) -> None:
        """References are given, or made from the titles of what is served, as there."""
        assert set(of(shop(), Kind.ENDPOINT)) == {
            f"{SHOP}EntityEndpoint/Order.endpoint.json",
            f"{SHOP}EntityEndpoint/OrderPay.endpoint.json",
            f"{SHOP}EntityEndpoint/OrderLines.endpoint.json",
            f"{SHOP}EntityEndpoint/Line.endpoint.json",
            f"{SHOP}EntityEndpoint/Customer.endpoint.json",
            f"{SHOP}ProxyEndpoint/bank.source.json.endpoint.json",
            f"{SHOP}all.endpoint.json",
        }

    def test_keeps_a_second_endpoint_of_a_schema(self) -> None:
        """Without a reference of its own it gets one from its path, and that is said."""
        endpoints = {"schemas": [{"reference": ORDER, "path": "a"}, {"reference": ORDER, "path": "b"}]}
        bundle = shop(manifest(endpoints=endpoints))
        assert set(of(bundle, Kind.ENDPOINT)) == {
            f"{SHOP}EntityEndpoint/Order.endpoint.json",
            f"{SHOP}EntityEndpoint/Order.b.endpoint.json",
        }
        assert [f.code for f in bundle.findings] == ["duplicate"]

    def test_gives_an_endpoint_below_another_its_own_methods(self) -> None:
        """W38: the methods, the events and the version of a sub-endpoint are its own."""
        below = of(shop(), Kind.ENDPOINT)[f"{SHOP}EntityEndpoint/OrderPay.endpoint.json"].body
        assert (below["methods"], below["throws"], below["$below"]) == (["POST"], ["shop.pay"], "pay")

    def test_says_which_schemas_belong_to_a_collection(self) -> None:
        """``schemaPrefix`` is kept with the collection, here or in another bundle."""
        (collection,) = of(shop(), Kind.COLLECTION).values()
        assert collection.body["schemaPrefixes"] == [f"{SHOP}schemas/shop."]
        elsewhere = shop({"Installation/Collection/c.json": None})
        (link,) = of(elsewhere, Kind.COLLECTION).values()
        assert (link.reference, link.body["$part"]) == (f"{SHOP}shop.collection.json", "link")

    def test_names_handlers(self) -> None:
        """Handlers are actions with a class; two of one reference are both kept."""
        handlers = [
            {"actionHandler": "A\\B\\One", "reference": "urn:x", "listens": ["e"], "priority": 3},
            {"actionHandler": "A\\B\\Two", "reference": "urn:x"},
            {"actionHandler": "A\\B\\Three"},
            {"reference": "urn:none"},
        ]
        bundle = shop(manifest(actions={"handlers": handlers, "fixConfigRef": ["urn:x", "urn:y"]}))
        actions = of(bundle, Kind.ACTION)
        assert {reference: a.body["class"] for reference, a in actions.items()} == {
            "urn:x": "A\\B\\One",
            "urn:x#Two": "A\\B\\Two",
            "ShopBundle/Three.action.json": "A\\B\\Three",
        }
        assert (actions["urn:x"].body["priority"], actions["urn:x#Two"].body["conditions"]) == (
            3,
            {"==": [1, 1]},
        )
        assert rejected(bundle) == [
            f"{MANIFEST_PATH}: a handler needs 'actionHandler', the name of a class",
            f"{MANIFEST_PATH}: 'urn:y' is no action of this bundle: there is no configuration to mend",
        ]

    def test_makes_cronjobs_of_actions(self) -> None:
        """What fails there does here what it is meant for."""
        action = artifact("Action", "pay.action.json", listens=["shop.pay"], **{"class": "Pay"})
        cronjobs = {"actions": [action["$id"], "urn:none"]}
        bundle = shop({"Installation/a.json": action, **manifest(cronjobs=cronjobs)})
        (job,) = of(bundle, Kind.CRONJOB).values()
        assert (job.body["throws"], job.body["crontab"]) == (["shop.pay"], "*/5 * * * *")
        assert len(rejected(bundle)) == 1

    def test_lets_nobody_in(self) -> None:
        """W4: users and groups are disabled, and a password in a file is left out and told."""
        user = {"$id": "urn:u", "email": "a@shop.example", "securityGroups": ["urn:g"], "password": "x"}
        bundle = shop(
            {"Installation/g.json": artifact("SecurityGroup", "g.json", scopes=["admin.GET"])},
            manifest(users=[user, {"$id": "urn:v"}]),
        )
        (made,) = of(bundle, Kind.USER).values()
        (group,) = of(bundle, Kind.SECURITY_GROUP).values()
        assert (made.body["isEnabled"], group.body["isEnabled"]) == (False, False)
        assert "password" not in made.body
        assert [f.message for f in bundle.findings if f.code == "secret"] == [
            "'password' of user urn:u is left out: secrets do not belong in files"
        ]
        assert rejected(bundle) == [f"{MANIFEST_PATH}: a user here needs 'email'"]

    def test_leaves_secrets_of_sources_out(self) -> None:
        """W51: a key or password of a source is named, and not kept; a variable's name is."""
        source = artifact(
            "Gateway",
            "s.source.json",
            apikey="k",
            jwtId="public",
            password="${BANK_PASSWORD}",
            headers={"Authorization": "Basic x", "accept": "json"},
        )
        bundle = shop({"Installation/s.json": source})
        body = of(bundle, Kind.SOURCE)[f"{SHOP}s.source.json"].body
        assert ("apikey" in body, body["jwtId"], body["headers"]) == (False, "public", {"accept": "json"})
        assert body["password"] == "${BANK_PASSWORD}"
        assert len([f for f in bundle.findings if f.code == "secret"]) == 2

    def test_makes_cards_and_templates(self) -> None:
        """Cards and templates are kept; an unknown kind of card and a template for nothing are rejected."""
        bundle = shop(
            manifest(
                cards={"schemas": [ORDER], "widgets": ["x"]},
                templates=[{"$id": "urn:t", "content": "x", "supportedSchemas": [ORDER]}, {"$id": "urn:n"}],
            )
        )
        assert set(of(bundle, Kind.CARD)) == {f"{ORDER}#card"}
        assert set(of(bundle, Kind.TEMPLATE)) == {"urn:t"}
        assert len(rejected(bundle)) == 2

    def test_changes_schemas_of_the_bundle(self) -> None:
        """W48: ``schemas`` sets members of the bundle's own schemas; another one is told, not fatal."""
        source = {"reference": ORDER, "defaultSource": f"{SHOP}bank.source.json", "colour": "red"}
        bundle = shop(manifest(schemas=[source, {"reference": "urn:none"}]))
        assert of(bundle, Kind.SCHEMA)[ORDER].body["defaultSource"] == f"{SHOP}bank.source.json"
        assert len(rejected(bundle)) == 1
        assert [f.message for f in bundle.findings if f.code == "unknown-key"] == [
            "'/schemas/0/colour' has no effect"
        ]

    def test_names_what_runs_at_installation(self) -> None:
        """``installationService`` is kept as an action that needs a handler."""
        bundle = shop(manifest(installationService="Shop\\Service\\InstallationService"))
        (action,) = of(bundle, Kind.ACTION).values()
        assert action.body["class"] == "Shop\\Service\\InstallationService"

    def test_has_no_unknown_keys(self) -> None:
        """A key that means nothing is rejected, with the one that was meant."""
        bundle = shop(manifest(endpoint={}, endpoints={"schema": []}))
        hints = {f.pointer: f.hint for f in bundle.findings if f.code == "rejected"}
        assert hints == {"/endpoint": "did you mean endpoints?", "/endpoints/schema": ""}

    def test_may_be_anywhere_below_and_more_than_one(self) -> None:
        """Every ``installation.json`` of the tree is read, the outer ones first."""
        inner = {"endpoints": {"schemas": [{"reference": LINE, "path": "x", "$id": "urn:i.endpoint.json"}]}}
        bundle = shop({"Installation/inner/installation.json": inner})
        assert "urn:i.endpoint.json" in of(bundle, Kind.ENDPOINT)


class TestTheName:
    @pytest.mark.parametrize(
        ("called", "composer", "name", "version"),
        [
            ("ShopBundle", None, "ShopBundle", "0.0.1"),
            ("ShopBundle-main", None, "ShopBundle", "0.0.1"),
            ("ShopBundle-1.4.2", None, "ShopBundle", "1.4.2"),
            ("x", {"name": "shop/shop-bundle", "version": "2.0"}, "shop/shop-bundle", "2.0"),
            ("", None, "Installation", "0.0.1"),
            ("ShopBundle", {"name": 7}, "ShopBundle", "0.0.1"),
        ],
    )
    def test_is_that_of_composer_or_of_the_folder(
        self, called: str, composer: Any, name: str, version: str
    ) -> None:
        """``composer.json`` names a bundle; else its folder, without what an archive adds."""
        bundle = lay_out(files({"composer.json": composer}), called)
        assert (bundle.name, bundle.version) == (name, version)

    def test_needs_no_composer(self) -> None:
        """A ``composer.json`` that is no JSON names nothing and breaks nothing."""
        bundle = lay_out({**files(), "composer.json": b"{"}, "ShopBundle")
        assert bundle.artifacts == shop().artifacts
