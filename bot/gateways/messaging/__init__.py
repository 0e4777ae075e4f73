"""Who brings messages to customers: a courier for each messaging channel (bot.cases.outbound.delivery.Courier)."""
