### What customers are told about their cases, wherever they read it (bot.cases).

demo = This is a demo: orders and shop are made up, and no money moves.
hours_away = Our people are back on { DAY($opens) }, at { TIME($opens) }.

## A request in a few words

request_question = question to a person
request_refund_of = refund of { $refund } for order { $order }
request_refund = refund for order { $order }
request_cancel = cancellation for order { $order }
stops_calling_card = The card is stopped before the money is sent.
stops_subscription = The plan is stopped before the money is sent, and its billing ends on { $ends_on }.

## A person at the desk

person_joined = { $name } joined the conversation.
person_left = { $name } left the conversation. I am the assistant again.
person_sent_file = { $name } sent a file. Files can't be brought into this conversation.
rate_us = How did we do?
put_in_queue = A person has what you wrote, under { $reference }. They answer here by { $answer_by }.

offer =
    Your refund of { $refund } for order { $order } is approved{ $with_fee ->
        [yes] : { $before_fee } - { $fee } (fee) = { $refund }
       *[no] { "" }
    }. It goes to { destination_the }. If you say yes today, it is processed by { $process_by }.
offer_after_return =
    Your refund of { $refund } for order { $order } is approved{ $with_fee ->
        [yes] : { $before_fee } - { $fee } (fee) = { $refund }
       *[no] { "" }
    }. It goes to { destination_the }. Please send the card back first, complete and as purchased; you pay the shipping.
cancel_offer = Cancelling order { $order }: { $explanation }
shall_i_go_ahead = Shall I go ahead?
button_yes_go_ahead = Yes, go ahead
button_no = No
refund_goes_on = Order { $order }: your refund of { $refund }, as you confirmed it, is being carried out now. Reference { $reference }.
cancellation_goes_on = Order { $order }: the cancellation, as you confirmed it, is being carried out now. Reference { $reference }.
declined_by_person = Your request { $reference } for order { $order } is declined. { $reason }
card_is_back = Your card is back, complete. Thank you. Your refund { $reference } is processed by { $process_by }.
card_is_incomplete = Your card is back, but not complete as purchased.
card_is_incomplete_next = A person looks at { $reference } now.
card_is_looked_at = Your card is back. Thank you. A person looks at your refund { $reference } now.
label_is_here = Here is a label for the parcel of { $reference }: { $link }
sending_address = Send it to: { $address }.
sending_label = A label for the parcel: { $link }
return_reminder = Your card has not reached us yet. Please send it back complete, with the return number { $return_number } on the parcel; without it the refund { $reference } can't go on.{ $sent ->
        [yes] { " " }You told us the tracking number { $tracking_number }: please look where the parcel is.
       *[no] { "" }
    }{ $with_sending ->
        [yes] { " " }{ $sending }
       *[no] { "" }
    }
return_is_overdue = Your card has not reached us, so a person looks at your refund { $reference } now. If you have sent it, write the tracking number here.
service_terminated = The service of order { $order } was ended after a violation of the terms. { $reason } { $explanation } Reference { $reference }.

## The answer to an offer

offer_shop_silent = The shop does not answer right now, so nothing was done. Please say yes again in some minutes.
offer_unknown = I don't find that request any more. A person can help you: say "human".
offer_not_now = That can't be done now: { $problem }
offer_declined = All right, nothing is done. A person looks at { $reference } again, and answers here.
offer_accepted = Thank you. { $state ->
       *[confirmed] It is recorded as you saw it, and on its way.
        [done] It is done.
    } Your reference is { $reference }.
offer_accepted_return = Thank you. Please send the card back complete, with the return number { $return_number } on the parcel.{ $with_sending ->
        [yes] { " " }{ $sending }
       *[no] { "" }
    } Your reference is { $reference }.
offer_person_has_it = { $why } A person has your request.
offer_proof_wrong = That doesn't fit the order. { $ask }
offer_ask_email = To be sure that it's you: which email address belongs to order { $order }? Then I go ahead.
offer_ask_code = We've mailed a code to the address of order { $order }. Please write it here. Then I go ahead.

## Nothing more is taken now

refused_wrong = I couldn't match that with order { $order }.
refused_conversation = There were too many wrong answers in this conversation, so I can't check another one here for { $wait }.
refused_address = There were too many wrong answers from your network, so I can't check another one from there for { $wait }.
refused_order = There were many wrong tries for order { $order }, perhaps by others. To be safe I take one answer now and then: please send it again in { $wait }.
refused_codes = Many codes were asked for within the hour, so I can't send another one for order { $order } for { $wait }.
refused_code_still_good = The one that was asked for here last is good for { $good }, if it came.

held_person_has_one =
    A person has a request { $network ->
        [yes] from your network
       *[no] from here
    } about this already, so I made no other one. What you wrote is kept.
held_too_many =
    Many requests for a person { $network ->
        [yes] came from your network
       *[no] were made here
    } within the hour, so I can't put another one into their queue. What you wrote is kept, and they can look it up.
held_reference = Your reference is still { $reference }.
held_say_human = You reach a person at { $contact }, or say "human" in the chat.
held_ask_again = You reach a person at { $contact }, or ask me again in { $wait }.

## Figures, as a customer reads them

label_order = Order
label_reference = Reference
label_product = Product
label_demo = Demo
label_paid = Paid
label_remaining_balance = Remaining balance
label_paid_for_remaining = Paid for what is left
label_extras = Shipping and fees
extras_included = { $extras }, included
extras_kept = { $extras }, not refunded
label_starts_from = Refund starts from
label_fee = Fee
label_refund = Refund
label_you_get = You get
label_to = To
label_goes_to = Goes to
label_processed_by = Processed by
label_balance_that_is_lost = Balance that is lost
label_agreement_ends_on = Agreement ends on
label_first_charge_not_taken = First charge that is not taken
label_asked_for = Asked for
label_confirmed = Confirmed
label_service_stops = Service stops
label_return_number = Return number
label_return_address = Send it to
label_return_instructions = How to send it
label_return_label = Label for the parcel
label_tracking_number = Tracking number
label_decided_by = Decided by
label_policy_version = Policy version
label_receipt = Receipt
label_reason = Reason

card_your_refund = Your refund
card_your_cancellation = Your cancellation
card_declined = Request declined
card_confirmed_by_you = Confirmed by you
card_after_return = After the card is back

receipt_refund_of = Refund of { $refund }
receipt_refund = Refund
receipt_cancellation = Cancellation
receipt_state = Receipt { $reference }. It is { $state }.
receipt_in_review = with a person
receipt_clauses = The clauses behind it
receipt_stops_before_money = before the money is sent
receipt_by_person = a person of ours
receipt_by_policy = the policy

## Over a messaging channel

rate_by_number = { $text } Please answer with a number from 1 (badly) to 5 (very well).
choose_by_number = Please answer with a number:
choose = Choose
line_clause = Rule { $clause }

## Mails

mail_demo_subject = [Demo] { $subject }
mail_without_subject = your message
mail_code_subject = Your code
mail_code =
    Somebody asked about order { $order } in our chat. If it was you, this is the code to type there:

    { $digits }

    It is good for { $minutes } minutes. If it was not you, there is nothing to do: without the code nobody gets further.
mail_receipt_subject = Receipt { $reference }: { $title }
mail_receipt_lead = { $title }, order { $order }: { $state }.
mail_receipt_clauses = The clauses behind it:
mail_receipt_link = This receipt on our site, as it is now:
mail_reminder_subject = Your card has not reached us yet ({ $reference })
mail_answer_subject = An answer to your request
mail_answer_lead = { $who } has answered you:
mail_answer_link = To answer, come back to { $link }
mail_a_person = A person
