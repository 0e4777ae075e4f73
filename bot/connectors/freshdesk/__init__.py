"""Freshdesk as help desk (docs/connect/freshdesk.md)."""
