"""WhatsApp and Messenger by Meta as messaging channels (docs/connect/whatsapp.md, docs/connect/messenger.md)."""
