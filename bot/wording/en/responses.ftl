### The words of the responses of domain.yml that have values in them: chat_which_code is utter_which_code,
### chat_refund_quote_again is utter_refund_quote/again, and what ends with _other is a second text of a response.

## Around the questions of the forms

chat_back_to_it = Now, back to your { the_task }.
chat_back_to_it_other = Back to your { the_task }, then.
chat_where_we_were =
    Welcome back. We were at your { the_task }{ $with_order ->
        [yes] { " " }of order { $order }
       *[no] { "" }
    }.
chat_later_orders = I'll take { $orders } right after this one.
chat_next_order = Now order { $order }.
the_task =
    { $task ->
        [refund] refund
        [cancel] cancellation
        [status] question where your request stands
       *[withdraw] withdrawal
    }
and_order = { $orders } and { $order }

## Questions of the forms

chat_which_order = What is your order number? It looks like { $order_example }.
chat_which_order_other = Which order number is it? It looks like { $order_example }.
chat_which_order_second = Which order is it? The number stands in the email that confirmed your order, for example { $order_example }.
chat_which_order_third = If you don't have the order number, a person can look it up. Or send it here; it looks like { $order_example }.
chat_order_number_unclear = I couldn't find an order number in that. It looks like { $order_example }. What is your order number?
chat_is_number_pin = That looks like the PIN of the card, not like the order number. Please keep it to yourself. What is the order number? It looks like { $order_example }.
chat_is_number_card_back = That looks like the number on the back of the card. I need the order number; it is in the email that confirmed your order, for example { $order_example }.
chat_which_email = What is the email address on order { $order }?
chat_which_email_other = And the email address on order { $order }?
chat_which_email_second = Which address did you order with? For order { $order } it is the one that the confirmation went to, for example name@example.com; the phone number on the order does as well.
chat_which_email_third = If you're not sure about the address, a person can help. Or send the email address or the phone number on order { $order }.
chat_no_email = It is the address that you ordered with; the email that confirmed order { $order } went there. The phone number on the order does as well. If you can't tell, a person can help.
chat_email_unclear = I couldn't find an email address in that. What is the email address on order { $order }? For example, name@example.com. The phone number on the order does as well.
chat_mismatch = I couldn't match that with order { $order }. Please check both: you can send the email address, the phone number on the order, or the order number again. Tries left: { $tries_left }.
chat_later = { $why } If you'd rather have a person, just say so.
chat_code_sent = If that belongs to order { $order }, I've just sent a code to the email address on the order. Please type its six digits here; they are good for { $good_for }.
chat_which_code = Please type the six digits from the email about order { $order }, or send the email address again for a new code.
chat_which_code_second = Which six digits are in our email about order { $order }? They look like 123456.
chat_which_code_third = If the email with the six digits doesn't come, a person can help. Or type them here; the email address on order { $order }, sent again, brings a new code.
chat_code_mismatch = Those digits aren't right, or the code has run out. Please check the email, or send the email address again for a new code. Tries left: { $tries_left }.
chat_no_email_code = It can take a minute, and it may be among the unwanted mail; it goes to the address on order { $order } only. Send the email address again for a new code. If it doesn't come, a person can help.

chat_reason_check =
    Just to be sure: is it that { $reason ->
        [service_fault] it doesn't work
        [change_of_mind] you changed your mind
        [wrong_product] it's the wrong product
        [billing] a charge is wrong
       *[other] the reason is another one
    }? That changes the sum.

## What a yes would be to

chat_answer_unclear_refund = Is that a yes to the refund of { $refund } for order { $order }? Please answer yes or no.
chat_answer_unclear_cancel = Is that a yes to cancelling order { $order }? Please answer yes or no.
chat_answer_unclear_withdraw = Is that a yes to taking back your { $request } ({ $reference })? Please answer yes or no.
chat_answer_second = { the_question } For example, write "yes, please" or "no, leave it".
chat_answer_third = A person can take over if you like. Or tell me yes or no: { the_question }
the_question =
    { $task ->
        [refund] Shall I refund { $refund } for order { $order }?
        [cancel] Shall I cancel order { $order }?
       *[withdraw] Shall I take back your { $request } ({ $reference })?
    }

## Cancel it and the money back

chat_plan_subscription =
    Order { $order }: you want two things, and the order matters, since a cancelled service gives no refund (C2).
    Refund: { $refund }
    Cancelling: { $cancellation }
    Shall I do the refund first and then cancel, or only cancel?
chat_plan_calling_card =
    Order { $order }: it can be one or the other, since a cancelled card gives no refund (C2).
    Refund: { $refund }
    Cancelling: { $cancellation }
    Would you like the refund, or only to cancel?
chat_plan_second = What would you like for order { $order }: the refund, or only to cancel? For example, write "refund".
chat_plan_third = A person can go through it with you. Or tell me for order { $order }: the refund, or only to cancel?

## Quotes, and what came of them

chat_refund_quote =
    Order { $order }: you would get { $refund } back.{ $with_reason ->
        [yes] { " " }{ $reason }
       *[no] { "" }
    } { $explanation } { $stops }
    Shall I go ahead with this refund of { $refund }? Please answer yes or no.
chat_refund_quote_again = For order { $order } it stays at { $refund } back. Shall I go ahead with that refund? Please answer yes or no.
chat_cancel_quote =
    Order { $order }: { $explanation }
    Shall I cancel it now? Please answer yes or no.
chat_cancel_quote_again = Shall I cancel order { $order } now, as shown? Please answer yes or no.
chat_why =
    Here is why, for order { $order }. { $explanation }{ $with_clauses ->
        [yes] { " " }The rules behind it: { $clauses }.
       *[no] { "" }
    }
chat_refund_instead = Before you cancel order { $order }: a refund would be accepted right now and would give you { $refund } back. Say "refund" if you prefer that.
chat_quote_renewed = About your refund for order { $order }: its balance changed before the service was stopped, so the figures you confirmed no longer hold. The service is stopped now, and no money has been sent. Instead of { $before } you would get { $refund }. Shall I show you the new quote?
chat_left_with_person = All right, no money is sent. The service is stopped already, though, so a person takes care of { $reference } and answers by { $answer_by }.
chat_refund_paid = Done. Your refund of { $refund } went to { destination_yours }. Your reference is { $reference }.
chat_refund_confirmed = Done. Your refund of { $refund } is recorded under { $reference }. It goes to { destination_yours } and is processed by { $process_by }.
chat_return_confirmed = Done. Your refund of { $refund } is recorded under { $reference }. Please send the card back complete, with the return number { $return_number } on the parcel.{ $with_sending ->
        [yes] { " " }{ $sending }
       *[no] { "" }
    } Once it has arrived, the refund to { destination_yours } is processed within { $processing_days } working days.
chat_cancel_confirmed = Done. The service is cancelled; your reference is { $reference }. { $explanation }
chat_cancel_recorded = Your cancellation is recorded under { $reference } and counts from now. Our billing system has not answered yet, so the stop itself may take a little longer; if it does not work, a person takes care of it. { $explanation }
chat_declined = I can't refund order { $order }. { $explanation } { $help } Your reference is { $reference }. If you think that's not right, a person can look at it.
chat_already_cancelled = Order { $order } needs no cancelling. { $explanation } It ended on { $since }. Nothing more will happen; if you think that's not right, a person can look at it.
chat_in_review = A person has to decide this one. { $explanation } Your reference is { $reference }. You get an answer by { $answer_by }; nothing is paid or changed before that. They see everything you told me.
chat_added_to_request = I've added that to your request { $reference }. A person has it, sees what you said, and answers by { $answer_by }. If you mean another order, tell me its number.
chat_under_way = There is already a request for order { $order }: { $reference }, { $state }. I won't start a second one. You can take it back, or a person can tell you more.
chat_elsewhere = This order was asked for again in another chat, so the figures here no longer count and nothing was done here. The request for order { $order } is { $reference }: { $state }.
chat_elsewhere_waits = This order was asked for again in another chat, so the figures here no longer count and nothing was done here. The request for order { $order } is { $reference }, and it waits for an answer there. If you'd rather go on here, just ask again.
chat_cases =
    Here is what I have on record:
    { $cases }

## A person

chat_shop_unreachable = { $silent ->
    [yes] I can't see right now how your order stands
   *[no] This order is one that I can't decide by myself
    }, so I decided nothing and changed nothing. I've asked a person to look at it. Your reference is { $reference }. They answer by { $answer_by }.
chat_shop_unreachable_held_back = { $silent ->
    [yes] I can't see right now how your order stands
   *[no] This order is one that I can't decide by myself
    }, so I decided nothing and changed nothing. { $why }
chat_handed_over = I've passed this to a person. Your reference is { $reference }. They answer by { $answer_by } and see this whole conversation. You can go on writing here.
chat_locked = I've asked a person to help with it. Your reference is { $reference }. They answer by { $answer_by }.
chat_away = Nobody is at the desk right now. { $away }
chat_away_with_mail = Nobody is at the desk right now. { $away } If you'd like the answer by email, too, write your address here.
chat_email_left = Thank you. The answer comes here, and to { $email }.

## Taking a request back

chat_return_number = The return number is { $return_number } (request { $reference }). Please put it on the parcel.{ $with_sending ->
        [yes] { " " }{ $sending }
       *[no] { "" }
    }
chat_return_address = { $sending } Please put the return number { $return_number } on the parcel (request { $reference }).
chat_return_label = Here is a label for the parcel of { $reference }: { $label }
chat_no_return_label = I have no label for the parcel of { $reference }: you pay for sending it (R5). If that's not right, a person can help.
chat_return_sent = Thank you. As soon as the card of { $reference } has arrived, your refund is processed. If the parcel has a tracking number, you can write it here.
chat_tracking_noted = Thank you. I've noted the tracking number { $tracking_number } for { $reference } (order { $order }), and whoever waits for the card sees it.
chat_tracking_kept = Thank you. I've kept the tracking number { $tracking_number }, and note it once I know which order it is for.
chat_no_return = I find no return of order { $order } that waits for a parcel, so I noted no tracking number.
chat_cant_change_recorded = I can't change where the money of { $reference } goes any more, to the wallet or back. I can take the request back while it isn't carried out; or a person can look at it.
chat_withdraw_quote = Take back your { $request } ({ $reference })? It will then not be carried out. Please answer yes or no.
chat_withdrawn = Done. { $reference } is taken back and will not be carried out. You can ask again as long as the time for it runs.
chat_not_withdrawn = Fine, { $reference } stays as it is.
chat_nothing_to_withdraw =
    There is nothing that I can take back.
    { $cases }
    If that's not right, a person can look at it.

## Questions about the policy, by finer intent. The figures come from the policy file (actions.policy.policy_values).

chat_ask_policy_overview = You can ask within { $window_days } working days after the order (R2), with a reason (R3). You get what you paid or a used card's balance, less a fee of normally { $fee_rate } (R6, R7), or { $fault_fee_rate } for an unused product with a confirmed fault (R7b); less than { $minimum } of a card's balance (R8), or a cancelled service (C2), gives no refund.
chat_ask_policy_reasons = A refund needs a reason (R3). { $accepted_reasons }
chat_ask_policy_window = You can ask for a refund within { $window_days } working days after the order date, which itself doesn't count (R2). { $asking }
chat_ask_policy_working_day = A working day is Monday to Friday without public holidays, in the time zone { $time_zone } (R2, R4).
chat_ask_policy_processing_time = An accepted refund is processed within { $processing_days } working days (R4); for a shipped card they start once it has come back (R5).
chat_ask_policy_return_shipping = A shipped card must come back first, complete and as purchased, with the return number that you get; you pay for sending it (R5). A card that was never shipped needs no return.
chat_ask_policy_fee = The refund fee is normally { $fee_rate } (R6, R7); it can depend on the product and the payment method (R10). An unused product with a confirmed fault on our side: { $fault_fee_rate } (R7b).
chat_ask_policy_fee_computed = The fee is { $fee_rate } of the remaining balance of a used card (R6), or of the amount paid for an unused product (R7). For example: { $example_base } - { $example_fee } ({ $fee_rate } fee) = { $example_refund }.
chat_ask_policy_amount = An unused product gives the amount paid less a fee of { $fee_rate } (R7), a used card its remaining balance less { $fee_rate } (R6). You see the exact sum before anything happens (R10).
chat_ask_policy_used = Yes, a used card gives its remaining balance less a fee of { $fee_rate } (R6), if that is at least { $minimum } of the original balance (R8). A person looks at a plan that was used (R3).
chat_ask_policy_minimum =
    There is no refund if less than { $minimum } of the card's original balance would be left { $minimum_measured ->
       *[net] after
        [gross] before
    } the fee (R8). Exactly { $minimum } is still accepted.
chat_ask_policy_destination = You choose: your store wallet, for later purchases, or back to the card or account you paid with (R9). Where that can't take a refund, only the wallet is possible.
chat_ask_policy_confirmation = You see the sum, the fee and the date first, and nothing happens before your yes (R10). With a yes the request is carried out as shown; with a no it isn't.
chat_ask_policy_cancelling = A cancellation stops the service at once (C1) and gives no refund (C2). The billing of a monthly plan ends with the current cycle (C3).
chat_ask_policy_cancel_refund = No, a cancelled service gives no refund: what is left on a card, or of the month, is lost (C2). If you want money back, ask for a refund before you cancel.
chat_ask_policy_cancel_fee = Cancelling costs no fee, but what is left on a card, or of the month, is lost (C2).
chat_ask_policy_cancel_by = To avoid the next charge, cancel before { the_day } of the next month starts, in the time zone { $time_zone } (C4). The service stops at once, and billing ends with the current cycle (C3).
chat_ask_policy_renewal = A charge that was taken on { the_day } of the month because nobody cancelled before is not refundable (C5). If the service didn't work, say so, and a person looks at it.
chat_ask_policy_disputes = A renewal charge may not be disputed or charged back (C5). While another payment is disputed, a person decides about its refund; a person can also check a charge that looks wrong.
chat_ask_policy_contact = You can cancel right here. { $contact }
chat_older_terms = Order { $order } is judged by the terms in force when it was placed, version { $version }:
chat_policy_for_order = For order { $order }: { $told }
chat_window_for_order =
    { $over ->
        [yes] It is too late for order { $order }: a refund could be asked for until { $last_day } (R2).
       *[no] It is not too late for order { $order }: a refund can be asked for until { $last_day }, { $days_left ->
            [0] which is today
            [one] the next working day
           *[other] { $days_left } working days from now
        } (R2).
    }
