"""Stripe as the system that moves the money (docs/connect/stripe.md)."""
