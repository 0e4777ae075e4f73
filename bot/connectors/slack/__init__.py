"""Slack as a messaging channel (docs/connect/slack.md)."""
