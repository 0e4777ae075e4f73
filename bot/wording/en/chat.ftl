### What the chat says beside the responses of domain.yml, of which responses.ftl has those with values (actions, bot/http).

## Requests and quotes

told_with_clauses =
    { $explanation }{ $with_clauses ->
        [yes] { " " }({ $clauses })
       *[no] { "" }
    }
request_line = { $reference }: { $request }, asked for on { $asked }: { $state }.
request_due = It is processed by { $process_by }.
no_requests = No request is on record.
ended_before_records = a date before our records begin
card_with_person = With a person
label_answer_by = Answer by
card_refund_for = Refund for order { $order }
card_cancel_order = Cancel order { $order }
label_billing_ends = Billing ends
label_first_charge = First charge not taken
label_balance_lost = Balance lost
quote_after_return = after the card is back
quote_at_once = at once

## What was not understood

guess_request_refund = I want a refund
guess_cancel_service = Cancel a service
guess_ask_policy = How refunds work
guess_check_request_status = Where my request stands
guess_withdraw_request = Take a request back
guess_dispute_charge = A charge is wrong
guess_report_problem = Something doesn't work
guess_talk_to_human = Talk to a person

## Messages and turns

turn_empty = I got an empty message. What can I do for you?
turn_card_removed = I removed the card number from your message before anything was kept. Please never send card numbers here: we never need them.
turn_cut = Your message was long, so I read the first { $most } characters.
turn_not_taken = That message came in between, so I did nothing about it. Please send it again.
turn_sorry = I'm sorry, something went wrong on our side.
turn_handed_over = I've asked a person to look at it. Your reference is { $reference }; they answer by { $answer_by }.
turn_contact = Please try again in a few minutes, or reach a person at { $contact }.

wait_too_fast = You're writing faster than I can read, so I didn't take that message. Please send it again in { seconds_left }. { reach_a_person }
wait_network_too_fast = Many messages come from your network just now, so I didn't take that one. Please send it again in { seconds_left }. { reach_a_person }
wait_too_many = Many conversations were begun from your network within the hour, so I can't begin another one. Please try again in { seconds_left }. { reach_a_person }
wait_capacity = Too much is asked here at the moment, so nothing was done. Please come back in { seconds_left }.
wait_capacity_title = Please wait a moment
reach_a_person = If you'd rather have a person, reach one at { $contact }.
seconds_left =
    { $seconds ->
        [one] { $seconds } second
       *[other] { $seconds } seconds
    }
secret_gone = this secret opens nothing any more
restarting_refused = We are just restarting, and nothing was done about this. Please send it again in a few seconds.
restarting_kept = We are just restarting. Your message has arrived, and is answered in a few seconds.
restarting_title = One moment, please

attachment_unread = I can't open attachments. Please write what it says; a person can ask you for it if it is needed.
button_stale = That answers an earlier message, so I did nothing. Please use my newest message, or write in your own words what you would like.
rating_thanks = Thank you for telling us.
stands_for_file_unopened = [a file that can't be opened here]
stands_for_file = [a file]
stands_for_button = [a button]
stands_for_card = [card number]
