"""The files that charts carry for those who install them by themselves.

``python -m collab_platform.targets.kubernetes.charts_files`` writes them; a test finds them stale. They suit the
charts' own default values: two replicas of collaboration, TLS inside, and an ingress in front that ends the public one.
"""

from __future__ import annotations

from pathlib import Path

from collab_platform.blueprint import derive
from collab_platform.datastores.container import container_files
from collab_platform.environment import Environment
from collab_platform.environment.files import REPOSITORY
from collab_platform.environment.schema import Collaboration, Site
from collab_platform.files import write_atomically
from collab_platform.gateway.container import gateway_files, web_files

_COLLABORATION_REPLICAS = 2
_DRAIN_S = 10


def chart_files() -> dict[str, str]:
    """Text by path below ``charts/``."""
    environment = Environment(
        site=Site(public_url="https://collab.example.org"),
        collaboration=Collaboration(replicas=_COLLABORATION_REPLICAS),
    )
    blueprint, site = derive("chart", environment), environment.site
    gateway = gateway_files(
        blueprint,
        public_url=site.public_url,
        site_name=site.name,
        limits=environment.gateway,
        inside_tls=True,
        collaboration_slots=_COLLABORATION_REPLICAS,
        serve_tls=False,
        client_ca=False,
        trusted_proxies=(),
        client_address_header="X-Forwarded-For",
        drain_s=_DRAIN_S,
    )
    web = web_files(blueprint, public_url=site.public_url, site_name=site.name, limits=environment.gateway)
    stores = container_files(environment, inside_tls=True)
    parts = {"gateway": gateway, "web": web, "datastores": {k: v for each in stores.values() for k, v in each.items()}}
    return {f"{chart}/files/{name}": text for chart, files in parts.items() for name, text in files.items()}


def stale_files(charts: Path) -> list[str]:
    """Paths below ``charts`` that are missing, other than they should be, or there for nothing."""
    wanted = chart_files()
    there = {
        str(path.relative_to(charts)): path.read_text(encoding="utf-8")
        for chart in ("gateway", "web", "datastores")
        for path in (charts / chart / "files").rglob("*")
        if path.is_file()
    }
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def main() -> None:
    charts = REPOSITORY / "charts"
    wanted = chart_files()
    for name in stale_files(charts):
        path = charts / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, wanted[name])
        else:
            path.unlink()


if __name__ == "__main__":
    main()
