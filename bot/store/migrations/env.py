"""Alembic's entry: runs on the connection that bot.store.engine.migrate opened, inside its transaction."""

from alembic import context

from bot.store.tables import metadata
from bot.store.upgrades import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
context.run_migrations()
