"""The messaging channels: ``/webhooks/slack``, ``telegram``, ``twilio``, ``whatsapp``, ``messenger`` and ``email``.

A provider's request is verified, read, stored and answered at once; the work is done after that, and what is said to
the customer is brought by the worker (bot.cases.outbound.delivery).
"""
