"""Help desks of others over HTTP and mail; each is a ``bot.cases.ports.helpdesk.HelpDesk``."""
