"""Any help desk that takes a signed webhook, and sends signed ones back (docs/connect/helpdesk-webhook.md)."""
