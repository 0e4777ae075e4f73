"""A mailbox of the company as help desk (docs/connect/email-desk.md)."""
