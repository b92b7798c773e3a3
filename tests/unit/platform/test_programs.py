"""Programs: each gets what it needs and nothing more, whatever the names of the folders."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from collab_platform.datastores.postgresql import render_postgresql_conf
from collab_platform.environment import Environment
from collab_platform.environment.people import Mail
from collab_platform.environment.schema import Collaboration, Gateway, Logs, PostgreSQL, Services, Site
from collab_platform.targets.local.programs import Place, Program
from collab_platform.targets.local.supervisor import render_configuration
from tests.unit.platform.places import make_place

EVERYWHERE = "0.0.0.0"  # noqa: S104 - what an operator may ask for


def program(place: Place, replica: str) -> Program:
    return next(each for each in place.programs if each.replica == replica)


def test_a_service_gets_its_own_secrets_as_files_and_no_others(tmp_path: Path):
    place = make_place(tmp_path)
    for name in ("auth", "user", "document", "collaboration"):
        variables = program(place, f"{name}-1").variables
        own = place.blueprint.component(name).secrets
        files = {variable: value for variable, value in variables.items() if variable.endswith("_FILE")}
        assert files == {variable: str(tmp_path / "state/secrets" / secret) for variable, secret in own.items()}


def test_no_secret_is_in_a_script_or_in_the_supervisors_configuration(tmp_path: Path):
    place = make_place(tmp_path)
    texts = [each.script for each in place.programs]
    texts.append(render_configuration(place.programs, paths=place.paths, logs=Logs()))
    assert not any("secret of" in text for text in texts)


def test_secrets_in_configuration_are_those_of_that_server(tmp_path: Path):
    place = make_place(tmp_path)
    valkey = "".join(program(place, "valkey-1").files.values())
    identities = json.loads(next(iter(program(place, "seaweedfs-1").files.values())))
    assert "requirepass secret of redis" in valkey
    assert "s3" not in valkey
    services, platform = identities["identities"]
    assert services["credentials"] == [{"accessKey": "collab", "secretKey": "secret of s3"}]
    assert {action.partition(":")[2] for action in services["actions"]} == {"collab"}
    assert "Admin" in platform["actions"]


def test_nothing_but_the_gateway_listens_beyond_loopback(tmp_path: Path):
    place = make_place(tmp_path, Environment(gateway=Gateway(host=EVERYWHERE)))
    others = [each for each in place.programs if each.kind != "gateway"]
    for each in others:
        assert EVERYWHERE not in each.script + "".join(each.files.values()), each.replica
    assert "-ip.bind=127.0.0.1" in program(place, "seaweedfs-1").arguments
    assert EVERYWHERE in program(place, "gateway-1").reloaded[place.paths.gateway / "nginx.conf"]


def test_seaweedfs_phones_nobody_and_uses_no_port_of_its_own_choice(tmp_path: Path):
    arguments = program(make_place(tmp_path), "seaweedfs-1").arguments
    assert "-master.telemetry=false" in arguments
    assert {"-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false", "-filer.disableHttp=true"} <= set(arguments)
    ports = [argument for argument in arguments if argument.rpartition("=")[2].startswith("200")]
    assert len(ports) == 8


def test_callers_are_spread_over_replicas(tmp_path: Path):
    place = make_place(
        tmp_path, Environment(services=Services(auth_replicas=2, document_replicas=3), collaboration=Collaboration())
    )
    urls = [program(place, f"document-{number}").variables["COLLAB_AUTH_URL"] for number in (1, 2, 3)]
    assert urls[0] == urls[2] != urls[1]


def test_every_replica_knows_its_name_and_port(tmp_path: Path):
    place = make_place(tmp_path, Environment(collaboration=Collaboration(replicas=2)))
    second = program(place, "collaboration-2").variables
    assert second["COLLAB_INSTANCE"] == "collaboration-2"
    assert second["COLLAB_PORT"] == str(place.ports["collaboration-2/http"])
    assert second["COLLAB_WEBSOCKET_PORT"] == str(place.ports["collaboration-2/websocket"])


@pytest.mark.parametrize(
    ("gateway", "site", "expected"),
    [
        (Gateway(), Site(), "http://127.0.0.1:{port}"),
        (Gateway(host=EVERYWHERE), Site(), "http://127.0.0.1:{port}"),
        (Gateway(host="::1", tls="dev-ca"), Site(), "https://[::1]:{port}"),
        (Gateway(), Site(public_url="https://docs.example.org"), "https://docs.example.org"),
    ],
)
def test_public_url(tmp_path: Path, gateway: Gateway, site: Site, expected: str):
    place = make_place(tmp_path, Environment(gateway=gateway, site=site))
    assert place.public_url == expected.format(port=place.ports["gateway-1/public"])


@pytest.mark.parametrize("odd", ["it's here", 'say "hi" $HOME', "50% ; # of `it`"])
def test_a_start_script_passes_arguments_and_variables_untouched(tmp_path: Path, odd: str):
    folder = tmp_path / odd
    folder.mkdir()
    shown = Program(
        replica="auth-1",
        component="auth",
        kind="service",
        arguments=("/usr/bin/printenv", "ODD", "LEAKED"),
        directory=folder,
        variables={"ODD": odd},
    )
    done = subprocess.run(
        ["/bin/sh", "-c", shown.script], env={"LEAKED": "operator's"}, capture_output=True, text=True, check=False
    )
    assert done.stdout == f"{odd}\n"


def test_only_what_needs_a_restart_changes_the_restart_key(tmp_path: Path):
    before, after = make_place(tmp_path), make_place(tmp_path, Environment(gateway=Gateway(sign_in_rate_per_min=7)))
    assert program(before, "gateway-1").restart_key == program(after, "gateway-1").restart_key
    assert program(before, "gateway-1").reload_key != program(after, "gateway-1").reload_key
    auth = program(before, "auth-1")
    assert replace(auth, code="newer").restart_key != auth.restart_key


def test_what_the_operator_gives_starts_its_service_anew_and_can_be_told_from_nothing(tmp_path: Path):
    given = Environment(
        mail=Mail(smtp_host="smtp.example.org", smtp_user="collab", smtp_password_file="secrets/smtp"),
        services=Services(ca_file="own.pem"),
    )

    def keys(word: str, *, made_up: str = "x", authorities: str = "PEM") -> dict[str, str]:
        secrets = {"smtp-password": word, "internal-token": made_up}

        def secret(name: str) -> str:
            return secrets.get(name, name)

        place = replace(make_place(tmp_path, given), secret=secret, authorities=authorities)
        place.__dict__["nginx"] = make_place(tmp_path).nginx
        return {each.replica: each.restart_key for each in place.programs if each.kind == "service"}

    first, second = keys("first"), keys("second")
    assert {name for name in first if first[name] != second[name]} == {"auth-1"}
    assert keys("first", made_up="y")["auth-1"] != first["auth-1"], "a digest with a key"
    assert all(first[name] != key for name, key in keys("first", authorities="other PEM").items())

    place = make_place(tmp_path, given)
    auth, user = program(place, "auth-1").variables, program(place, "user-1").variables
    assert auth["COLLAB_SMTP_PASSWORD_FILE"] == str(tmp_path / "state/secrets/smtp-password")
    assert auth["COLLAB_CA_FILE"] == user["COLLAB_CA_FILE"] == str(place.paths.authorities)
    assert "COLLAB_MAIL_FOLDER" not in auth
    assert "COLLAB_SMTP_HOST" not in user


def test_the_supervisor_never_gives_up_and_waits_longer_than_a_service_drains(tmp_path: Path):
    place = make_place(
        tmp_path, Environment(services=Services(drain_timeout_s=30), logs=Logs(max_bytes=65_536, keep=7))
    )
    text = render_configuration(place.programs, paths=place.paths, logs=place.environment.logs)
    auth = text.partition("[program:auth-1]")[2].partition("[program:")[0]
    assert "autorestart = true" in auth
    assert "startsecs = 0" in auth
    assert "stopwaitsecs = 35" in auth
    assert "stdout_logfile_maxbytes = 65536" in auth
    assert "stdout_logfile_backups = 7" in auth
    assert str(tmp_path) not in text.replace(str(place.paths.supervisor_socket), "")


def test_an_acknowledged_edit_is_on_the_disk():
    text = render_postgresql_conf(PostgreSQL(), host="127.0.0.1", port=5432)
    assert {"fsync = 'on'", "synchronous_commit = 'on'", "full_page_writes = 'on'"} <= set(text.splitlines())
    assert "listen_addresses = '127.0.0.1'" in text


def test_nothing_is_logged_where_the_system_puts_what_nobody_named(tmp_path: Path):
    place = make_place(tmp_path, Environment())
    text = render_configuration(place.programs, paths=place.paths, logs=place.environment.logs)
    for section in text.split("\n\n"):
        if section.startswith(("[program:", "[eventlistener:")):
            assert "stdout_logfile = " in section
            assert "redirect_stderr = true" in section or "stderr_logfile = " in section
