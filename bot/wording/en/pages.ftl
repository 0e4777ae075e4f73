### What the pages say beside their templates (bot/http/pages), and what the transcript has of their forms.

## Titles

page_home_title = Refunds and cancellations
page_policy_title = Refund and cancellation policy
page_receipt_title = Receipt { $reference }
page_title_refund = Ask for a refund
page_title_cancel = Cancel a service
page_title_withdraw = Take a request back
page_code_title = Enter the code from the e-mail
page_withdraw_title = Take this back?

## Whoever gets no further

page_nothing_title = There is nothing here
page_no_such_terms = We have no terms of that version. Please check that the link is whole; here are today's terms:
page_no_receipt = There is no receipt at this address. Please check that the link is whole.
page_no_request = We can't show this request here. If it is yours, show once more whose order it is.
page_proof_title = Whose order is it?
page_proof_again = It has been a while, so we have to ask once more whose order it is, before we do this.
page_too_much = That was too much at once, so nothing was done. Please try again in { $seconds } seconds.
page_sorry_title = We are sorry
page_sorry = Something went wrong on our side. Nothing is ever done twice: please try again in a few minutes.
page_form_title = This form was not taken
page_form_foreign = This page takes its own forms only.
page_form_unreadable = This form can't be read. Please open the page again.
page_form_too_long = This is too long to be taken.
page_form_too_old = This form is too old, or your browser keeps no cookies. Please open the page again.
page_form_overtaken = This form was on its way while somebody showed whose order this is. Please begin again.

## What is entered

page_card_removed = We removed a card number from this before anything was kept. Please never send one: we never need it.
page_too_long = This is too long: { $most } characters are the most.
page_order_number_wrong = Enter the order number, for example { $example }.
page_contact_wrong = Enter an e-mail address, such as name@example.com, or a phone number.
page_contact_missing = Enter the e-mail address or phone number on the order.
page_reason_missing = Choose the reason: the refund can depend on it.
page_words_missing = Please say what the reason is.
page_mismatch = This does not match order { $order }. Please check both. Tries left: { $left }.
page_code_sent = If that belongs to order { $order }, a code is on its way to the e-mail address on the order. It is good for { $minutes } minutes.
page_code_wrong = Those digits aren't right, or the code has run out. Tries left: { $left }.
page_code_short = Enter the six digits of the code.

## What the transcript has of it

page_wish_refund = I want a refund.
page_wish_cancel = Cancel my service.
page_wish_withdraw = Take a request back.
page_said_order = Order: { $order }.
page_said_contact = E-mail or phone: { $contact }.
page_said_reason = Reason: { $reason }.
page_said_code = The code from the e-mail.
page_said_confirm = Confirm { $reference }.
page_said_destination = The money goes to: { $destination }.
page_said_offer_yes = Confirm what a person has approved for { $reference }.
page_said_offer_no = No to what a person has approved for { $reference }.
page_said_leave = Leave { $reference }.
page_said_take_back = Take { $reference } back.
page_said_person = I'd like a person to look at { $reference }.
page_begin_again = Please begin again.
page_order_unclear = { $silent ->
    [yes] We can't see right now how your order stands
   *[no] This order is one that only a person can decide
    }, so nothing was decided and nothing was changed.
page_person_has_it = A person has it under { $reference }.
page_requests_shown = The requests that are on record were shown.
page_under_way = A request is under way already.
page_figures_changed = the figures have changed; nothing was done.
page_confirmed = it is { $state } now.
page_offer_confirmed = { $reference } is confirmed.
page_offer_refused = { $reference } goes back to a person.
page_quote_left = { $reference }: this request was not made.
page_taken_back = { $reference } is taken back.
page_not_taken_back = { $reference } can't be taken back any more.

## The page of a request

page_begun_elsewhere = It was begun elsewhere. To confirm it here, go through the form once more.
page_withdrawn_title = Nothing is done
page_withdrawn = { $reference } is taken back and will not be carried out. You can ask again in time.
page_state_title = Your request is { $state }
page_write_to_person = Write to a person
page_quote_title = You would get { $refund } back
page_renewed = The balance changed before the service was stopped, so the figures that you confirmed no longer hold. The service is stopped now, and no money has been sent. This is the new quote.
page_confirm_refund = Confirm the refund of { $refund }
page_leave_it = No, leave it
page_something_else = No, I'd like something else
page_cancel_title = This is what cancelling means
page_cancel_now = Cancel it now
page_refund_stays = Your refund that is under way stays as it is.
page_approved_title = A person has approved your request
page_approved = Nothing has been done yet. Please look at the figures, and confirm them.
page_stops_at_once = The service stops at once.
page_starts_from = Starts from
page_card_first = The card has to come back first, complete and as purchased; you pay the shipping.
page_how_far = How far it is
page_refund_recorded = Done. Your refund is recorded
page_refund_paid = Done. Your refund is paid
page_refund_went = { $refund } went to { $destination }.
page_return =
    Please send the card back complete, with the return number { $return_number } on the parcel.{ $with_sending ->
        [yes] { " " }{ $sending }
       *[no] { "" }
    } Once it has arrived, the refund of { $refund } to { $destination } is processed within { $days ->
        [one] { $days } working day
       *[other] { $days } working days
    }.
page_refund_due = The refund of { $refund } goes to { $destination } and is processed by { $process_by }.
page_refund_goes = The refund of { $refund } goes to { $destination }.
page_cancelled_title = Done. The service is cancelled
page_cancel_recorded_title = Your cancellation is recorded
page_cancel_recorded = It counts from now. Our billing system has not answered yet, so the stop itself may take a little longer; if it does not work, a person takes care of it.
page_needs_no_cancelling = This order needs no cancelling
page_ended_on = It ended on { $since }. Nothing more will happen.
page_declined_title = This order can't be refunded
page_declined = If you think that's not right, a person can look at it.
page_ask_person = Ask a person
page_person_title = A person has your request
page_send = Send
page_person_verifies = It could not be checked here whose order it is, so a person helps.
page_person_decides = A person has to decide this one
page_answer_by = You get an answer by { $answer_by }. Nothing is paid or changed before that.
page_answer = You get an answer.
page_person_sees = They see everything that you entered. Keep the reference.
