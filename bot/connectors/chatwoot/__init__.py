"""Chatwoot as help desk, and as the channel of its own inboxes (docs/connect/chatwoot.md)."""
