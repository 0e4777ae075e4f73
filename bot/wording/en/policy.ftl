### What the policy finds and advises, and what its clauses say (bot/policy).

## Findings: the codes of bot.policy.decision.FindingCode

finding_no_terms = No terms are known for the day of the order: the policy begins on { ISO($begins_on) }.
finding_not_refunded = The order has not been refunded.
finding_refunded = This order has already been refunded.
finding_refund_pending = A refund of this order is already in progress.
finding_no_dispute = No dispute is open on the payment.
finding_dispute_open = A dispute or chargeback is open on the payment.
finding_data_agrees = The order's data agrees with itself.
finding_data_contradicts =
    The order's data does not add up: { $problem ->
        [currency_unknown] the currency { $currency } is not known
        [negative_amount] an amount is negative
        [extras_above_paid] shipping and fees are more than what was paid
        [more_left_than_sold] more is left than there was at first
        [balance_missing] one of the card's balances is missing
        [used_without_balances] the card was used, but its balances are missing
       *[ordered_after_request] the order is dated after the request
    }.
finding_not_cancelled = The service has not been cancelled.
finding_service_ended =
    The service was { $status ->
       *[cancelled] cancelled
        [terminated] terminated
    }, and a service that has ended gives no refund.
finding_purchase = The charge is a purchase, not a renewal.
finding_renewal = The charge renewed a plan that was not cancelled in time; it is not refundable.
finding_renewal_with_fault = Renewal charges are not refundable, but a fault was reported in time: a person decides.
finding_in_window = The order is from { $placed_on }; a refund can be asked for within { $days } working days, until { $closes_on }. The request came in time, on { $asked_on }.
finding_after_window = The order is from { $placed_on }; a refund could be asked for within { $days } working days, until { $closes_on }. The request came too late, on { $asked_on }.
finding_channel_accepted = Requests by { $channel } are accepted.
finding_channel_not_accepted = Requests by { $channel } do not count as contacting the store.
finding_something_paid = Something was paid for the order.
finding_nothing_paid = Nothing was paid for this order, so there is nothing to refund.
finding_nothing_paid_with_fault = Nothing was paid for this order, but a fault was reported: a person decides.
finding_something_left = There is something left to refund.
finding_nothing_left = Nothing is left to refund.
finding_no_minimum = The product has no balance that a minimum could be measured against.
finding_above_minimum =
    { $left } would be left { $measured ->
       *[net] after
        [gross] before
    } the fee, at least { $ratio } of the original balance of { $original }.
finding_below_minimum =
    { $left } would be left { $measured ->
       *[net] after
        [gross] before
    } the fee, less than { $ratio } of the original balance of { $original }.
finding_no_fault_given = No fault is given as the reason.
finding_fault_confirmed = The fault on our side is on record.
finding_fault_unconfirmed = A fault is reported that our records do not show yet: a person checks it.
finding_reason_accepted = The reason is one that is accepted.
finding_reason_for_person = The reason is one that a person has to look at.
finding_plan_unused = No usage stands in the way.
finding_plan_used = The plan was used already: a person has to look at it.
finding_no_limit_for_currency = Refunds in { $currency } are approved by a person.
finding_within_limit = The refund of { $refund } is within the limit of { $limit } for automatic approval.
finding_above_limit = The refund of { $refund } is above the limit of { $limit } for automatic approval.
finding_recent_refunds = There were { $refunds } approved refunds in the last { $days } days; a person approves the next after { $limit }.
finding_refund_less_fee =
    The refund is { $base_is ->
        [remaining_balance] the remaining balance
        [paid_for_remaining] what was paid for the { $remaining } left on the card
        [rest_of_paid] what is due after { $refunded } that were paid back before
       *[amount_paid] the amount paid
    } less the fee: { $base } - { $fee } ({ $rate } fee) = { $refund }.
finding_refund_without_fee =
    The refund is { $base_is ->
        [remaining_balance] the remaining balance
        [paid_for_remaining] what was paid for the { $remaining } left on the card
        [rest_of_paid] what is due after { $refunded } that were paid back before
       *[amount_paid] the amount paid
    }: { $base } (no fee).
finding_processed_by = It is processed within { $days } working days, by { $process_by }.
finding_return_first = The card was shipped, so it has to come back first, complete and as purchased; you pay the shipping. The refund is processed within { $days } working days of its arrival.
finding_wallet_only = What you paid with can't take a refund, so it goes to the store wallet.
finding_to_wallet = It goes to the store wallet.
finding_to_payment_method = It goes back to the card or account you paid with.
finding_destination_open = It can go to the store wallet or back to the card or account you paid with.
finding_service_runs = The service has not ended yet.
finding_ended_already =
    The service is { $status ->
       *[cancelled] cancelled
        [terminated] terminated
    } already.
finding_stops_at_once = The service stops at once.
finding_no_refund = A cancelled service gives no refund.
finding_balance_lost = The remaining balance of { $balance } is lost; there is no refund.
finding_agreement_ends = The agreement ends with this billing cycle, on { $ends_on }.
finding_next_charge_avoided = The charge of { $next_charge_on } will not be taken, nor any after it.
finding_extras_stay = Shipping and fees of { $extras } stay with the order: they are paid back only when all of it goes back unused, in one request.
finding_some_line_refunded = At least one of the lines can be refunded.
finding_no_line_refunded = None of these lines can be refunded.
finding_refunds_have_lines = What was paid back before is known by line.
finding_refunded_of_no_line = { $refunded } of this order were paid back before, and no line is named for it: a person looks at it.
finding_no_line_for_person = No line needs a person.
finding_line_for_person = A person has to look at line { $line }, and so at the whole request.
finding_no_line_runs = None of these services runs any more.
decided_line = Line { $line } ({ $quantity }): { $said }

## Advice (bot.policy.advice)

# The day stands in what is explained before it (finding_after_window).
advice_asked_by = Asked for in time, it would have been accepted.
advice_more_left = It would take at least { $remaining } left on the card.
advice_no_change = Asking in another way would not change that.
advice_plan_can_be_cancelled = You can still cancel the plan, so that no further charge is taken.
advice_balance_stays = The { $balance } on the card stays yours to use.

## The clauses in our own words, with the figures of the terms

clause_C1_title = A cancellation counts at once
clause_C1_text = The service stops at the moment of the cancellation.
clause_C2_title = A cancelled service gives no refund
clause_C2_text = What is left on a card, or of the month, is lost. Only a person of ours can decide otherwise.
clause_C3_title = A monthly plan's agreement ends with its billing cycle
clause_C3_text = The service stops at once; the agreement ends on the last day of the running cycle. Cycles start on { the_day } of the month.
clause_C4_title = Cancel before the next cycle, and its charge is not taken
clause_C4_text = The request must be in before { the_day } of the next month starts, in the time zone { $time_zone }. At midnight exactly it is late: the charge of the new cycle stands.
clause_C5_title = A renewal charge is not refundable
clause_C5_text = A charge that was taken because nobody cancelled in time stays, and may not be disputed. If the service did not work, say so within the time of R2: then a person looks at it.
clause_R1_title = A fault on our side is a reason for a refund
clause_R1_text = It counts when a fault of the product is on our records for that time, or when the order itself failed. A fault that our records do not show yet is checked by a person.
clause_R2_title = Ask within { $window_days } working days
clause_R2_text = The day of the order does not count. Working days are Monday to Friday without public holidays, in the time zone { $time_zone }; the last of them counts to its end. { $asking }
clause_R3_title = A refund needs a reason
clause_R3_text = { $reasons }
clause_R4_title = An accepted refund is processed within { $processing_days } working days
clause_R4_text = They count from the day after the acceptance; for a card that was shipped, after the day it came back.
clause_R5_title = A shipped card comes back first
clause_R5_text = It must be complete and as purchased, and you pay for sending it. If something is missing, a person looks at it.
clause_R6_title = A used card gives its remaining balance less the fee
clause_R6_text = The fee is normally { $fee_rate } of that balance, whatever the reason. A card that did not cost what it held gives back what was paid for the balance that is left: half of it left, half of its price. Shipping and order fees stay paid.
clause_R7_title = An unused product gives the amount paid less the fee
clause_R7_text = After a change of mind the fee is normally { $fee_rate } of that amount.
clause_R7b_title = An unused product with a confirmed fault
clause_R7b_text = When the fault is on our records and nothing was used, the fee is { $confirmed_fault_fee_rate } of the amount paid.
clause_R8_title = Too little left, no refund
clause_R8_text =
    There is no refund when less than { $minimum_ratio } of the card's original balance would be left { $minimum_measured ->
       *[net] after
        [gross] before
    } the fee. Exactly { $minimum_ratio } is still accepted. What counts is what the card holds, not what it cost.
clause_R9_title = You choose where the money goes
clause_R9_text = To your wallet at the store, or back to the original payment method. Where that method can't take a refund, only the wallet is possible.
clause_R10_title = You see every fee first
clause_R10_text = The fee can depend on the product and the payment method. You see the sum, the fee and the date, and nothing happens before you confirm them. If something changed meanwhile, you see the new figures.

## What the terms name, where clauses and answers about them say it

the_day =
    { $cycle_day ->
        [1] the 1st
        [2] the 2nd
        [3] the 3rd
        [21] the 21st
        [22] the 22nd
        [23] the 23rd
        [31] the 31st
       *[other] the { $cycle_day }th
    }

accepted_reasons = { $accepted ->
    [mind_and_fault] A change of mind and a fault that is on our records are accepted at once; any other reason is read by a person.
    [mind] A change of mind is accepted at once; any other reason is read by a person.
    [fault] A fault that is on our records is accepted at once; any other reason is read by a person.
   *[none] Every reason is read by a person.
}
asking_none = Every request is looked at by a person.
asking_one = You can ask for a refund by { $last }.
asking_some = You can ask for a refund by { $others } or { $last }.
asking_chat = chat
asking_form = the forms of this site
asking_email = e-mail
asking_phone = phone
asking_counts_here = Your first message here counts as asking.
contact_here = For a refund this chat counts as the contact form, too (R2).
contact_to_cancel = { $asking } (R2)
