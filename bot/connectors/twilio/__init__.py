"""SMS and WhatsApp by Twilio as messaging channels (docs/connect/twilio.md)."""
