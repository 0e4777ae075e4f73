### Names of what cases are about, as customers and as the desk reads them.

## States of a case

state_quoted = waiting for your answer
state_confirmed = accepted and on its way
state_executing = being carried out
state_done = done
state_declined = declined
state_in_review = with a person, who answers here
state_approved_by_agent = approved by a person
state_refused_by_agent = declined by a person
state_awaiting_return = waiting for the card to come back
state_received = accepted, the card has come back
state_withdrawn = withdrawn
state_failed = with a person, after a problem on our side

desk_state_quoted = Waits for the customer's yes
desk_state_confirmed = Confirmed
desk_state_executing = Being carried out
desk_state_done = Done
desk_state_declined = Declined
desk_state_in_review = Needs a person
desk_state_approved_by_agent = Approved, waits for the customer's yes
desk_state_refused_by_agent = Declined by a person
desk_state_awaiting_return = Waits for the card
desk_state_received = Card received
desk_state_withdrawn = Withdrawn
desk_state_failed = Failed

state_plain =
    { $state ->
        [in_review] in review
        [approved_by_agent] approved by agent
        [refused_by_agent] refused by agent
        [awaiting_return] awaiting return
       *[other] { $state }
    }

## Orders

product_kind_calling_card = calling card
product_kind_subscription = subscription
order_status =
    { $status ->
       *[active] active
        [cancelled] cancelled
        [terminated] terminated
        [failed] failed
        [refunded] refunded
        [refund_pending] refund pending
    }
# What a shop calls otherwise is shown as it calls it.
payment_method =
    { $method ->
        [card] card
        [cash] cash
        [prepaid_voucher] prepaid voucher
       *[other] { $method }
    }

## Where a refund goes

destination_yours =
    { $destination ->
       *[wallet] your store wallet
        [original_payment_method] the original payment method
    }
destination_the =
    { $destination ->
       *[wallet] the store wallet
        [original_payment_method] the original payment method
    }
destination_card =
    { $destination ->
       *[wallet] Store wallet
        [original_payment_method] Original payment method
    }
destination_mine =
    { $destination ->
       *[wallet] My store wallet
        [original_payment_method] The original payment method
    }

## At the desk

kind_refund = Refund
kind_cancel = Cancellation
kind_question = Question

handoff_asked = The customer asked for a person
handoff_review = The policy leaves it to a person
handoff_verification = The customer could not be verified
handoff_failure = Something failed on our side
handoff_quote_left = A changed quote was not answered
handoff_return = A card came back
handoff_return_overdue = A card has not come back
handoff_offer_declined = The customer said no to an offer
handoff_changed = Something changed after it was approved

verdict_approve = Approve
verdict_change = Change the outcome
verdict_decline = Decline
verdict_terminate = End the service

role_agent = Agent
role_lead = Lead
role_admin = Admin

## Reasons: at the desk, on the forms, and beside a quote

reason_service_fault = The service does not work
reason_change_of_mind = Changed their mind
reason_billing = Something about the bill
reason_wrong_product = The wrong product
reason_other = Another reason

reason_mine_service_fault = It doesn't work
reason_mine_change_of_mind = I changed my mind
reason_mine_wrong_product = It's the wrong product
reason_mine_billing = A charge is wrong
reason_mine_other = Something else

quote_reason_change_of_mind = Reason: you changed your mind.
quote_reason_service_fault = Reason: it doesn't work.
quote_reason_billing = Reason: something about the bill.
quote_reason_wrong_product = Reason: the wrong product.
quote_reason_other = Reason: as you wrote it.
