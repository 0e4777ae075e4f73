"""Telegram as a messaging channel (docs/connect/telegram.md)."""
