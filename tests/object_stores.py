"""Where Litestream replicates to, on loopback: an S3 and an SFTP server.

Run as ``python object_stores.py s3|sftp FOLDER``. Prints what the example's configuration takes
from the environment, as one JSON object, and serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path


def s3(_: Path) -> None:
    """A bucket of moto's."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
    client.create_bucket(Bucket="mirror")
    tell(
        LL2_MIRROR_BUCKET="mirror",
        LL2_MIRROR_REGION="us-east-1",
        LL2_MIRROR_ENDPOINT=endpoint,
        LITESTREAM_ACCESS_KEY_ID="key",
        LITESTREAM_SECRET_ACCESS_KEY="secret",
    )
    sys.stdin.read()
    os._exit(0)  # moto's threads go on


def sftp(folder: Path) -> None:
    """An SSH server that lets one key in, and only to this folder."""
    asyncio.run(_sftp(folder))


async def _sftp(folder: Path) -> None:
    import asyncssh

    host, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    user.write_private_key(folder / "key")
    (folder / "key").chmod(0o600)
    user.write_public_key(folder / "authorized")
    (folder / "files").mkdir()
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host],
        authorized_client_keys=str(folder / "authorized"),
        sftp_factory=lambda chan: asyncssh.SFTPServer(chan, chroot=str(folder / "files")),
    )
    tell(
        LL2_MIRROR_HOST=f"127.0.0.1:{server.get_port()}",
        LL2_MIRROR_USER="mirror",
        LL2_MIRROR_KEY=str(folder / "key"),
        LL2_MIRROR_HOST_KEY=" ".join(host.export_public_key().decode().split()[:2]),
        LL2_MIRROR_REPLICA="/replica",
    )
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


def tell(**environment: str) -> None:
    sys.stdout.write(json.dumps(environment) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    {"s3": s3, "sftp": sftp}[sys.argv[1]](Path(sys.argv[2]))
