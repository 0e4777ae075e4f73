"""What is posted under ``/webhooks/`` by providers of messages, help desks and shop systems.

A request is verified, read, stored and answered at once; the work is done after that, and what is said to the customer
is brought by the worker (bot.cases.outbound.delivery).
"""
