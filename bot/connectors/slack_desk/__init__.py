"""A Slack channel as help desk (docs/connect/slack-desk.md)."""
