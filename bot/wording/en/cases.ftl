### What has happened to a case (bot/cases).

## Why it has moved: the codes of bot.cases.model.CauseCode

cause_asked_for = asked for a { $kind }
cause_asked_elsewhere = asked for again in another conversation
cause_decided = { $outcome } by { $clauses }
cause_confirmed = the customer confirmed decision { $decision }
cause_offer_confirmed = the customer confirmed agent decision { $decision }
cause_offer_refused = the customer said no to the offer
cause_quote_refused = the customer said no to the quote
cause_stopped = the customer stopped
cause_turned_away = the customer turned to another request
cause_session_ended = the session ended
cause_taken_back = taken back while { $state }
cause_quote_unanswered = the renewed quote was not answered
cause_handed_over = handoff: { $cause }
cause_left_to_person = handoff: { $because }
cause_agent_decided = { $verdict }: agent decision { $decision }
cause_confirmed_before = the customer had confirmed the same
cause_answered = the question was answered
cause_violation = the service was ended for a violation
cause_card_complete = the card is back, complete
cause_card_incomplete = the card is back: incomplete
cause_card_back_otherwise = the card is back: the order is { order_status }
cause_card_overdue = the card has not come back within { $days } days
cause_card_late = the card came after all
cause_carried_out = it is carried out
cause_paid = the refund was paid
cause_service_stopped = the service was stopped
cause_figures_changed = the figures changed: decision { $decision } is to be seen
cause_outcome_changed = after the stop the policy says { $outcome }
cause_gateway_failed = { $error }
cause_changed_since_approval = since an agent approved it, { $because }
cause_otherwise_sent = another amount may have been sent already
cause_may_be_sent = money may have been sent already
cause_otherwise_refunded = money was refunded otherwise
cause_otherwise_paid = another amount was paid
cause_less_left = the remaining balance is lower
cause_used_since = the service was used
cause_disputed_since = a dispute was opened
cause_ended_since = the service has ended already
cause_status_changed = the order is { order_status }
cause_erased = the personal data was erased
cause_demo_data = demo data
cause_demo_taken_out = the demo was taken out
cause_in_words = { $text }
