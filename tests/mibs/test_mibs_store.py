import os
from pathlib import Path

import pytest

from trapline.mibs import store
from trapline.mibs.module import Definition, Module
from trapline.protocol.errors import SettingError

ACME = Module(name="ACME-MIB", file="acme.mib", definitions={"acme": Definition(oid="1.3.6.1.4.1.99999")})


def test_a_saved_module_is_read_again(tmp_path: Path) -> None:
    store.save(tmp_path, ACME)
    assert store.added(tmp_path) == {"ACME-MIB": ACME}
    assert store.load(tmp_path).oids("acme") == {"ACME-MIB": "1.3.6.1.4.1.99999"}
    assert store.load(tmp_path).oids("ifIndex") == {"IF-MIB": "1.3.6.1.2.1.2.2.1.1"}


def test_saving_again_replaces_it_and_leaves_nothing_behind(tmp_path: Path) -> None:
    store.save(tmp_path, ACME)
    other = Module(name="ACME-MIB", file="newer.mib")
    store.save(tmp_path, other)
    assert store.added(tmp_path) == {"ACME-MIB": other}
    assert os.listdir(tmp_path / "mibs") == ["ACME-MIB.json"]


def test_a_removed_module_is_gone_and_the_built_in_one_is_back(tmp_path: Path) -> None:
    store.save(tmp_path, Module(name="IF-MIB", file="mine"))
    assert store.load(tmp_path).oids("ifIndex") == {}
    store.remove(tmp_path, "IF-MIB")
    assert store.load(tmp_path).oids("ifIndex") == {"IF-MIB": "1.3.6.1.2.1.2.2.1.1"}
    with pytest.raises(SettingError, match="no MIB module 'IF-MIB' was added; `trapline mib list` shows all"):
        store.remove(tmp_path, "IF-MIB")


def test_a_file_that_is_no_module_is_named_with_the_way_out(tmp_path: Path) -> None:
    store.save(tmp_path, ACME)
    path = tmp_path / "mibs" / "ACME-MIB.json"
    path.write_text("{}")
    with pytest.raises(SettingError, match=f"{path} cannot be read: .*; remove it and add its MIB again"):
        store.added(tmp_path)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "mibs").write_text("no folder")
    with pytest.raises(SettingError, match=r"ACME-MIB\.json cannot be written: "):
        store.save(tmp_path, ACME)


def test_every_built_in_module_is_whole() -> None:
    for name, module in store.built_in().items():
        assert module.name == name
        for each in module.definitions.values():
            assert each.kind.has_instances == (each.syntax is not None)
