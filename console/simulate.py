"""`simulate xledger|huma`: run a simulator until a signal ends it."""

import click

from console.wiring import Wiring


@click.group()
def simulate() -> None:
    """Run a simulated Xledger or Huma on 127.0.0.1."""


PORT = click.option("--port", type=click.IntRange(0, 65_535), default=0, help="0: any free one.")
SEED = click.option("--seed", type=int, default=1, help="What the made-up data is made from.")


@simulate.command("xledger")
@PORT
@SEED
def xledger(port: int, seed: int) -> None:
    """Run Xledger; prints one JSON line with url and tokens once it listens."""
    from simulators.xledger import serve  # noqa: PLC0415 - graphql-core is slow to load

    serve.run(port, seed)


@simulate.command("huma")
@PORT
@SEED
@click.option("--people", type=click.IntRange(0, 100_000), default=50, help="How many at first.")
@click.pass_obj
def huma(wiring: Wiring, port: int, seed: int, people: int) -> None:
    """Run Huma; prints one JSON line with url and client once it listens.

    Publishes events of what changes when KAFKA__BOOTSTRAP_SERVERS is set.
    """
    from simulators.huma import serve  # noqa: PLC0415 - as above

    serve.run(port, seed, wiring.settings.kafka.bootstrap_servers or None, people)
