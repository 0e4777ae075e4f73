"""E-mail as a messaging channel (docs/connect/email.md)."""
