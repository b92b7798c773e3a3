"""`python -m collab_kit.bucket`: makes the bucket, as the object store's administrator; again if it is there already.

An S3 without accounts of its own, such as SeaweedFS, makes a bucket with its first object, for those who may. One that
does not (AWS) has buckets made by whoever runs it, and then this only finds that it can be written to.

Variables: `COLLAB_S3_ENDPOINT`, `COLLAB_S3_BUCKET`, `COLLAB_S3_REGION`, `COLLAB_S3_ADMIN_ACCESS_KEY` and
`COLLAB_S3_ADMIN_SECRET_KEY_FILE` (both or neither), `COLLAB_CA_FILE`, `COLLAB_WAIT_S` (default 300). Exit codes: 0 it
is there, 1 it is not (the reason is the log's last line), 2 wrong usage, 78 wrongly configured.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, Final

from msgspec import Meta

from collab_kit import s3, tls
from collab_kit.logging import configure_logging, get_logger
from collab_kit.settings import (
    FilePath,
    HttpUrl,
    Secret,
    Settings,
    SettingsError,
    WaitSeconds,
    exit_with,
    load_settings,
)
from collab_kit.waiting import NotYet, WaitedTooLong, end_on_sigterm, wait_for

__all__ = ["BucketSettings", "main", "make_bucket"]

MARKER: Final = ".collab"
_CALL_DEADLINE: Final = timedelta(seconds=5)

_log = get_logger()
Name = Annotated[str, Meta(min_length=1, max_length=255, description="a name", examples=["collab"])]


class BucketSettings(Settings, frozen=True, kw_only=True):
    s3_endpoint: HttpUrl
    s3_bucket: Name
    s3_region: Name = "us-east-1"
    s3_admin_access_key: Name | None = None
    s3_admin_secret_key: Secret | None = None
    ca_file: FilePath | None = None
    wait_s: WaitSeconds = 300.0

    def problems(self) -> Iterator[str]:
        yield from s3.key_problems(self.s3_admin_access_key, self.s3_admin_secret_key, prefix="COLLAB_S3_ADMIN_")
        yield from tls.ca_problems(self.ca_file)


class BucketRefused(Exception):  # noqa: N818  # named for what happened
    """The object store answers, and will not make the bucket."""


async def make_bucket(settings: BucketSettings) -> None:
    """Raises `WaitedTooLong` when the store does not answer, `BucketRefused` when it refuses."""
    from obstore.exceptions import (  # noqa: PLC0415  # see collab_kit.s3
        BaseError,
        PermissionDeniedError,
        UnauthenticatedError,
    )

    store = s3.open_bucket(
        settings.s3_bucket,
        endpoint=settings.s3_endpoint,
        region=settings.s3_region,
        access_key=settings.s3_admin_access_key,
        secret_key=settings.s3_admin_secret_key,
        ca_file=settings.ca_file,
        deadline=_CALL_DEADLINE,
        retries=0,
    )

    async def put() -> None:
        try:
            # Not `put_async`: the threads that end its futures may still call into an interpreter that is on its way
            # out, which a process that lives only for this one call then does not survive (SIGSEGV at exit).
            await asyncio.to_thread(store.put, MARKER, b"")
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise BucketRefused(f"the object store refuses these keys ({type(error).__name__})") from None
        except FileNotFoundError:
            raise BucketRefused("the object store has no such bucket and does not make it by writing to it") from None
        except (BaseError, OSError) as error:
            raise NotYet(s3.cause(error)) from None

    await wait_for(put, what=f"bucket {settings.s3_bucket}", wait_s=settings.wait_s)


def main(arguments: Sequence[str] | None = None) -> int:
    if sys.argv[1:] if arguments is None else arguments:
        sys.stderr.write("usage: python -m collab_kit.bucket\n")
        return 2
    end_on_sigterm()
    try:
        settings = load_settings(BucketSettings)
    except SettingsError as error:
        exit_with(error)
    configure_logging(service="bucket", instance="bucket")
    try:
        asyncio.run(make_bucket(settings))
    except (WaitedTooLong, BucketRefused) as error:
        _log.error("bucket not made", bucket=settings.s3_bucket, reason=str(error))
        return 1
    _log.info("bucket is there", bucket=settings.s3_bucket)
    return 0


if __name__ == "__main__":
    sys.exit(main())
