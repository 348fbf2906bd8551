"""coverage-check serve: the service and the salesperson's page."""

import click

from coverage_check.cli.arguments import PATH, config_option
from coverage_check.cli.ledger_commands import PLACE
from coverage_check.cli.running import say, tell
from coverage_check.errors import MissingExtra


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, envvar="COVERAGE_CHECK_HOST", help="Where to listen.")
@click.option(
    "--port",
    default=8400,
    show_default=True,
    envvar="COVERAGE_CHECK_PORT",
    type=click.IntRange(1, 65535),
    help="And on which port.",
)
@click.option(
    "--workers", default=1, show_default=True, envvar="COVERAGE_CHECK_WORKERS", type=click.IntRange(1, 64), help="Processes."
)
@click.option("--ledger", type=PLACE, envvar="COVERAGE_CHECK_LEDGER", help="Record decisions of orders there.")
@click.option("--tasks", type=PATH, envvar="COVERAGE_CHECK_TASKS", help="Keep TMF645 tasks there, not in a folder for now.")
@click.option(
    "--make-key", metavar="NAME", help="Make an API key for a client, print it and its line for the config, and end."
)
@config_option
def serve(
    *, host: str, port: int, workers: int, ledger: str | None, tasks: str | None, make_key: str | None, config: str
) -> int:
    """Answer over HTTP, and serve the salesperson's page; on this machine alone, unless the config has API keys."""
    try:
        from coverage_check.service import keys, server, settings
    except ImportError as error:
        raise MissingExtra(
            f"'serve' needs the extra 'web' ({error.name}): pip install 'mobile-coverage-check[web]'."
        ) from None
    if make_key is not None:
        key, digest = keys.make_key()
        say(f'key   {key}\nline  keys = [{{name = "{make_key}", sha256 = "{digest}"}}]')
        return 0
    read = settings.read_settings(config, ledger=ledger or "", tasks=str(tasks or ""))
    settings.require_guarded(read, host)
    shown = f"[{host}]" if ":" in host else host
    tell(f"The page: http://{shown}:{port}/   the API: http://{shown}:{port}/openapi.json   (Ctrl-C ends it)")
    server.run(read, host=host, port=port, workers=workers)
    return 0
