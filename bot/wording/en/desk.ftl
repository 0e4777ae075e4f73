### What agents read of a case (bot.cases), and what their pages say (bot/http/desk).

## For agents: what is to be decided

question_second = A decision waits for a second person. Do you agree with it?
question_awaiting_return = A card is on its way back. Did it arrive, and is it complete?
question_approved = Nothing now: the customer has to say yes.
question_nothing = Nothing.
question_asked = The customer asked for a person. What do they need?
question_review = The policy leaves this to a person. Do you approve it?
question_verification = The customer could not be verified. Who are they?
question_failure = The customer confirmed it, but carrying it out failed. Shall it be tried again?
question_quote_left = The service is stopped, but the new quote was not taken. What does the customer get?
question_return_overdue = The card has not come back in time. Has it arrived after all, or what does the customer get?
question_return = The card came back, but it can't simply be paid. What does the customer get?
question_offer_declined = The customer said no to what was offered. What now?
question_changed = Something changed since it was approved. Do you still approve it?
case_for_order = { $kind } for { $order }
a_person_decides = A person decides.

suggest_return_overdue = Write to the customer. If the card arrived after all, record it; approve once more to go on waiting, or decline.
suggest_return = Record whether the card arrived complete.
suggest_wait = Nothing is to be decided now.
suggest_again = Try again what the customer confirmed: { $refund }.
suggest_cancel = Cancel the service; there is no refund (C2).
suggest_answer = Answer the question, then close it.
suggest_approve = Approve: the customer gets { $refund }.
suggest_answer_or_approve = Answer, or approve a refund. Approve: the customer gets { $refund }.
suggest_answer_without_refund = Answer the question, then close it. The policy pays nothing.
suggest_decline = Decline: by the policy nothing is paid.

desk_clause_none = Before any clause
desk_clause_C1 = Cancelling takes effect at once
desk_clause_C2 = A cancelled service gives no refund
desk_clause_C3 = The agreement ends with the billing cycle
desk_clause_C4 = Cancel before the next charge
desk_clause_C5 = Renewal charges are not refundable
desk_clause_R1 = Fault on our side
desk_clause_R2 = Ask within the refund window
desk_clause_R3 = A reason that is accepted
desk_clause_R4 = Processing time
desk_clause_R5 = A shipped card comes back first
desk_clause_R6 = Fee on the remaining balance
desk_clause_R7 = Fee when you change your mind
desk_clause_R7b = Fee with a confirmed fault
desk_clause_R8 = Smallest refund
desk_clause_R9 = Where the money goes
desk_clause_R10 = Fees are shown first

## For agents: the facts of a case

fact_customer = Customer
fact_not_verified = Not verified
fact_verified = Verified in this conversation
fact_verified_before = Verified before, not any more
fact_paid = Paid
fact_paid_by = { $amount } by { payment_method }
fact_remaining = Remaining
fact_ordered = Ordered
fact_asked = Asked
fact_order_status = Order status
fact_fault = Fault on record
fact_yes = yes
fact_no = no
fact_refunds_before = Refunds before
fact_dispute = Dispute
fact_dispute_open = open on the payment
fact_service = Service
fact_service_stopped = stopped for this case
fact_payment = Payment
fact_payment_unknown = may have been made
fact_payment_refused = refused by the gateway
fact_card = Card
fact_card_back = came back
fact_said_since = Said since

## For agents: what failed

step_bring_message = bring a message to the customer
fault_no_address = nobody knows where to
fault_bringing = { $error } while it was brought
fault_not_brought = { $channel } could not bring it: { $error }
fault_pushing = { $error } while the ticket was pushed
fault_erased = the conversation was erased meanwhile
fault_carrying_out = { $error } while it was carried out
fault_refund_came_back = the refund was carried out, but did not reach the customer; the money is back at the payment system
fault_no_way_back = the money could go nowhere: the payment method takes no refund, and there is no wallet
fault_no_way_there = the money can't go { $destination ->
    [wallet] to the wallet: this order has none
   *[original_payment_method] back to the payment method: it takes no refund
}
fault_order_gone = the shop has no such paid order any more
fault_restored_taken_back = the store went back to its backup of { $backup }, and the customer may have taken the request back since
fault_restored_unasked = the store went back to its backup of { $backup }, and what was paid since can't be asked: { $error }
fault_restored_unknown = the store went back to its backup of { $backup }, and has no record of what was paid for the order: { $payments }

## For agents: at a help desk of others

ticket_title = { $reference }: { $kind }
ticket_title_order = { $reference }: { $kind }, order { $order }
ticket_suggestion = Suggestion: { $suggestion }
ticket_why = Why: { $cause }
ticket_reference = Reference: { $reference }
ticket_decide_here = Money is decided here, not by an answer: { $link }
ticket_conversation = The conversation so far:
ticket_closed_too_early = The ticket was closed at the help desk, but this still has to be decided here.
ticket_not_taken = The help desk has not taken everything about this case ({ $error }). It is tried again; answer here.
who_customer = Customer
who_bot = Bot
who_system = System
who_our_desk = Our desk
who_a_customer = A customer
who_an_agent = An agent
who_connector = Connector ({ $desk })

## For agents: replies that are sent often

canned_hello_title = Hello
canned_hello_name = Hello { $first_name }, I'm looking at { $reference } now. One moment, please.
canned_hello = Hello, I'm looking at { $reference } now. One moment, please.
canned_more_title = Asking for more
canned_more = Could you tell me what went wrong, and when you last tried it?
canned_figures_title = What you would get
canned_figures =
    By our terms the refund for { $order } is { $with_fee ->
        [yes] { $before_fee } - { $fee } (fee) = { $refund }
       *[no] { $refund } (no fee)
    }.
canned_when_title = When it comes
canned_when = Once you have said yes, the refund for { $order } is processed by { $process_by }.
canned_stopped_title = Why it stopped
canned_stopped = Our terms stopped your request at { $clauses }: { $explanation }
canned_return_title = Return the card
canned_return = Please send the card of { $order } back, complete, with { $return_number } on the parcel.{ $with_sending ->
        [yes] { " " }{ $sending }
       *[no] { "" }
    }
canned_paid_title = What was paid
canned_paid = For { $order } you paid { $paid }; { $remaining } is left on the card.
canned_else_title = Anything else
canned_else = Is there anything else that I can do for you?

## The pages of the desk

product_name = Refund Desk
desk_form_foreign = This form is not of your session. Load the page again and retry.
desk_no_case = There is no such case.
desk_no_picture = there is no such picture
filter_all = All
filter_mine = Mine
filter_free = Unassigned
filter_returns = Returns
filter_second = Needs a second person
span_none = just now
span_days =
    { $days ->
        [one] { $days } day
       *[other] { $days } days
    }

done_taken = You have this case. The bot is silent until you hand back.
done_noted = Noted. Only the desk sees it.
done_sent = Sent.
done_decided = Decided. The customer has been told.
done_second = Written down. Nothing happens until a second person agrees.
done_agreed = You agreed. The customer has been told.
done_refused = You did not agree. The case has to be decided again.
done_labelled = The label is attached. The customer has been told.
done_returned = Recorded. The customer has been told.
done_cancelled = The service is ended. The customer has been told.
done_back = Handed back. The bot answers again.
done_closed = Closed. The customer is asked how it went.
done_password = Your password is changed, and you are signed out everywhere else.
done_password_set = Your password is set. Sign in with it.
done_second_factor_off = Your second factor is turned off.

## Before what can't be undone

confirm_gets = The customer gets
confirm_missing = Missing
confirm_decline_title = Decline this request?
confirm_decline = The customer is told that the request for order { $order } is declined, with your reason. Nothing is paid.
confirm_decline_yes = Yes, decline
confirm_cancel_title = Offer this cancellation?
confirm_cancel = The customer is asked to confirm that order { $order } is cancelled. There is no refund (C2).
confirm_offer_title = Offer this refund?
confirm_offer = The customer gets { $refund } for order { $order }, once they have seen these figures and said yes.
confirm_offer_yes = Yes, offer it
confirm_by_policy = By the policy it would be { $refund }.
confirm_policy_pays_nothing = By the policy nothing is paid.
confirm_above_limit = This is above your limit: a second person has to agree before the customer is told.
confirm_agree_title = Agree with this decision?
confirm_agree = You agree with what { $name } decided. The customer is told at once.
confirm_agree_yes = Yes, I agree
confirm_complete_title = Record the card as complete?
confirm_complete = The card of return { $number } arrived, complete and as purchased (R5).
confirm_complete_next = The refund that the customer confirmed is processed from now on (R4).
confirm_complete_yes = Yes, it is complete
confirm_incomplete_title = Record the card as incomplete?
confirm_incomplete = The card of return { $number } arrived, and is not complete (R5). The customer is told, with your words.
confirm_incomplete_next = Nothing is paid: a person has to decide.
confirm_incomplete_yes = Yes, it is incomplete
confirm_end_title = End this service?
confirm_end = The service of order { $order } stops at once (C1), and nothing is refunded (C2).
confirm_end_next = The customer is told, with your reason. This can’t be undone.
confirm_end_yes = Yes, end it now
