"""Zendesk as help desk (docs/connect/zendesk.md)."""
