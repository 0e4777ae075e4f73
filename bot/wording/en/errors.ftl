### What can't be done, and why: the codes of bot.cases.errors.

## Cases and orders

error_not_verified = It is not known whose order { $order } is.
error_no_case = There is no case { $reference }.
error_no_case_in_conversation = There is no case { $reference } in this conversation.
error_no_request_here = There is no request { $reference } here.
error_no_conversation = There is no conversation here yet.
error_no_order = There is no order { $order }.
error_no_decision = There is no decision { $decision }.
error_not_held_back = This request is not held back any more.
error_no_such_move = { $reference } can't go from { $state } to { $wanted }
error_case_has_moved = { $reference } is not { $state } any more
error_case_is = { $reference } is { state_plain }.
error_decided_anew = { $reference } was decided anew: look at it again.
error_changed_since_approved = Since it was approved, { $because }. A person looks at { $reference } again.
error_bad_rating = A rating is a number from 1 to 5.
error_rated_already = { $reference } is rated already. Thank you.
error_bad_email = That is no e-mail address. It looks like name@example.com.
error_no_customer = There is no customer with that address.
error_case_in_flight = { $reference } is still open: money may have to move; nothing was erased
error_mail_not_sent = { $kind }

## Work at the desk

error_take_first = Take the case first.
error_nothing_to_take = { $reference } is { state_plain }: there is nothing to take.
error_somebody_was_faster = Somebody else was faster.
error_agent_has_it = { $name } has it.
error_text_length = Write 1 to { $most } characters.
error_decide_first = { $reference } has to be decided first.
error_answer_the_question = Answer the question and close it.
error_waits_for_no_card = { $reference } waits for no card.
error_card_was_recorded = { $reference } waits for no card any more.
error_say_what_is_missing = Say what is missing.
error_no_https_link = Give one link that begins with https://, without spaces.
error_card_unsaid = Say whether the card is complete.
error_service_has_ended = The service of { $order } has ended already.
error_being_carried_out = { $reference } is being carried out: wait until it has ended.
error_no_order_to_end = There is no order to end.

## Decisions of people

error_decision_missing = Choose a decision.
error_reason_missing = Give a reason: the customer reads it.
error_reason_missing_read_later = Give a reason: the customer reads it, and so does whoever looks at the case later.
error_destination_missing = Choose where the money goes.
error_refund_missing = Say how much is refunded.
error_not_a_number = Write the { $field ->
        [fee] fee
       *[refund] refund
    } as a number, such as 44.00.
error_no_verified_order = No verified order is attached: there is nothing to decide.
error_not_decidable = { $reference } is { state_plain }: it can't be decided now.
error_decision_waits = A decision waits for a second person.
error_waits_no_more = This decision does not wait for a second person any more.
error_violation_of_an_order = A violation is ordered for an order, not decided in a case.
error_refund_asked_already = There is a request for a refund already: { $reference }.
error_changed_since_decided = Since it was decided, { $because }. Disagree, so that it is decided again.
error_may_have_been_sent = { $amount } may have been sent already: only the very same can be tried again.
error_cancellation_gives_none = A cancellation gives no refund (C2). Decide a refund in a case of its own.
error_nothing_by_policy = By the policy nothing is paid here. To pay all the same, change the outcome and say why.
error_approving_gives = Approving gives { $refund }. To give another sum, change it.
error_above_refundable = At most { $most } can be refunded for this order.
error_above_paid = Refund and fee together are at most { $paid }.
error_above_limit = { $refund } is above your limit.
error_not_positive = A refund is more than 0, and a fee is not less than 0.
error_unknown_currency = The currency { $currency } is not known.
error_too_many_decimals = { $currency } does not have so many decimals.
error_wallet_only = The way it was paid can't take a refund (R9): choose the wallet.
error_somebody_else = Somebody else has to agree.
error_made_by_first = Your account was made or reset by { $first }, or by somebody they let in, { within_a_day }
error_made_the_first = You made or reset the account of { $first }, or of somebody who did, { within_a_day }
error_made_by_another = Your account and that of { $first } were made or reset by { $other } { within_a_day }
within_a_day = within the last day. Somebody else has to agree.

## Accounts of the desk

error_login_taken = the login { $login } is taken
error_no_agent = there is no agent { $login }
error_no_second_factor = { $login } has no second factor
error_has_second_factor = there is a second factor already
error_account_unchanged = { $login } is as it was recorded
error_never_signs_in = { $login } works at another help desk, and never signs in here
error_is_disabled = { $login } is disabled
error_bad_login = a login has 2 to 64 of the characters a to z, 0 to 9, dot, dash, underscore and @
error_bad_name = a name has 1 to { $most } printable characters
error_bad_picture = a picture must be a PNG, JPEG or WebP file
error_large_picture = a picture has at most { $most } kB
error_password_length = a password has { $least } to { $most } characters
error_weak_password = this password is too easy to guess
error_passwords_differ = the two new passwords are not the same
error_link_passwords_differ = the two are not the same
error_role_missing = choose a role
error_change_missing = choose what to change
error_account_disabled = This account has been disabled.
error_works_elsewhere = Who works at another help desk does not work here.
error_changed_outside = This account was changed outside of Refund Desk. An operator has to look: audit verify.
error_only_roles =
    Only a { $roles ->
        [lead_admin] lead or admin
       *[admin] admin
    } may do that.
error_only_admin_accounts = Only an admin may see or change who works at the desk.
error_only_leads_export = Only a lead or an admin may take customers' words out of the desk.
error_own_account = Nobody does that with their own account.

## Signing in

error_wrong_login = The login or the password is wrong.
error_wrong_password = Your password is wrong.
error_wrong_code = This code is wrong, or was used already. Wait for the next one of your app.
error_not_the_apps_code = This is not the code that the app shows now.
error_code_needed = A code is needed, too.
error_sign_in_too_late = That took too long. Sign in again.
error_link_not_good = This link is not good any more: it was used, is older than a day, or a newer one was made.
error_locked_here = Too many wrong tries for this login from here. Try again in { $wait }.
error_locked_address = Too many wrong tries from this address. Try again in { $wait }.
error_login_slowed = There were many wrong tries for this login from other addresses, so it is answered slowly where it has not signed in before. Try again in { $wait }, or ask an admin.
