### What the systems of others do not do, what the doctor finds of them, and what help desks are sent (bot/connectors).

system_named =
    { $system ->
        [billing_gateway] the billing gateway
        [help_desk] the help desk
        [mail_server] the mail server
       *[other] { $system }
    }
url_none = the URL of { system_named } is none
url_incomplete = the URL of { system_named } must begin with https:// and name a host
url_with_more = the URL of { system_named } must have no user, password, query or fragment
url_unencrypted = the URL of { system_named } must begin with https://, since it is not on this machine
gateway_secret_short = the secret of the billing gateway must have at least { $least } bytes

## For agents: what failed

fault_timed_out = { system_named } did not answer in time
fault_no_answer = no answer from { system_named }: { $error }
fault_answer_too_long = the answer of { system_named } is too long
fault_answer_senseless = the answer of { system_named } makes no sense
fault_makes_no_sense = { system_named }'s answer makes no sense
fault_answer_unsigned = an answer without the billing gateway's signature ({ $status })
fault_answered = { system_named } answered { $status }
fault_answered_code = { system_named } answered code { $word }
fault_answered_an_error = { system_named } answered an error
fault_token_not_taken = { system_named } does not take our token
fault_chatwoot_agent_token = Chatwoot does not take the token of a person: it is wrong, or that of a bot
fault_chatwoot_account = the person whose token it is has no such account in Chatwoot
fault_chatwoot_not_in_inbox = the person whose token it is may not see the inbox in Chatwoot
fault_chatwoot_token = Chatwoot does not take the token of the agent bot
fault_chatwoot_token_of_person = the token of the agent bot is a person's: what the bot says would be theirs
fault_chatwoot_no_inbox = Chatwoot has no such inbox in this account
fault_chatwoot_inbox_kind = the inbox is not of the kind API
fault_chatwoot_secret = { $of ->
    [inbox_secret] the inbox's
   *[secret] the agent bot's
} secret is another one in Chatwoot
fault_busy = { system_named } asks us to wait
fault_refused = { system_named } refused: { $word }
fault_refused_without_a_code = { system_named } refused: without a code
fault_mail_password = the mail server does not take our password
fault_mail_unwritable = the mail can't be written: { $error }
fault_mail_server_unusable = the mail server can't be used: { $error }
fault_mail_server = the mail server: { $error }
fault_mail_not_sent = the mail was not sent: { $error }

fault_gateway_refused = the billing gateway refused: { $word }
fault_not_sent_to_gateway = not sent to the billing gateway: { $word }
fault_rejected = { $system }: { $word }
fault_rejected_known = { $system }: { $word }: { $known }
fault_too_many_pages = a list of { $system } has more pages than are read
fault_recorded_only = { $system } has recorded the refund, and not that it was paid
fault_paid_twice = { $system }: paid_twice: the refunds { $payments } carry the same key
fault_may_be_paid = { $system }: { $word }: look at the payment method before paying again
fault_key_paid_otherwise = { $system }: key_reused: { $payment } carries the key of this payment, and is of { $found } instead of { $wanted }
fault_done_otherwise = { $system } took the refund, and has no record of it by which it could be known again
fault_wallet_unclear = { $system }: the refund is recorded with the order, and nobody can tell whether the wallet took the credit
fault_status_unclear = { $system } took a change of a status, and shows another one
fault_no_end = { $system }: the subscription of { $order } was asked to end with its period, and shows no end
fault_unknown_word = { $system }: { $payment } is in a state that is not known here
fault_ledger_silent = the ledger's database does not answer
fault_ledger_restored = the ledger went back with the backup, and does not know what was paid out since
fault_unknown_order = unknown order
fault_key_reused = the idempotency key was used for something else

## For agents: why a system of the shop's refused

refusal_nothing_paid = nothing paid has the metadata { $field }={ $order }
refusal_no_first_payment = the subscription of { $order } has no first payment
refusal_same_metadata = { $number } { $what } have the metadata of { $order }
refusal_decimals = Stripe takes { $places } decimals of { $currency }
refusal_steps = Stripe takes { $currency } in steps of { $step } minor units only
refusal_nothing_to_stop = Stripe has nothing of { $order } that could be stopped
refusal_no_subscription = Stripe has no subscription of { $order }
refusal_subscription_word = the subscription of { $order } is in a state that is not known here
refusal_subscription_still_there = the subscription is still there
refusal_payment_without_customer = the payment has no customer whose credit balance could be raised
refusal_disputed = a dispute stands against the payment: { $disputes }
refusal_paid_back_already = paid back already, in minor units: { $payments }
refusal_refund_failed = { $payment } did not reach the customer

refusal_shop_without_order = the shop has no order { $order }
refusal_shop_nothing_to_stop = the shop has nothing of { $order } that could be stopped
refusal_shop_no_subscription = the shop has no subscription of { $order }
refusal_same_number = { $orders } orders have the number { $order }
refusal_several_subscriptions = the order belongs to { $number } subscriptions
refusal_several_products = the order is not about one product
refusal_unclear_status = the order is on hold or in a state of the shop's own
refusal_unknown_currency = its currency is not known
refusal_unusable_field = { $field } can't be used
refusal_partly_refunded = { $refunded } of { $total } was refunded in the shop
refusal_refunded_already = refunded already: { $payments }
refusal_no_email = the order has no e-mail address
refusal_no_email_for_wallet = the order has no e-mail address, so no wallet
refusal_no_wallet = no wallet is set up: REFUND_DESK_WOOCOMMERCE_WALLET
refusal_wallet_silent = TeraWallet does not answer: is the plugin active?
refusal_guest_without_wallet = a guest has ordered, who has no wallet
refusal_shop_decimals = the shop records { $places } decimals of { $currency }
refusal_no_balance = the order has no { $field }

known_payment = { $payment } of { $amount }
payment_for = Refund of { $order }

## For agents: at a help desk in Slack, or in a mailbox

slack_desk_claim = Claim
slack_desk_hand_back = Hand back to the bot
slack_desk_solve = Solved
slack_desk_open = Open the case
slack_desk_how = Only whoever claims it writes to the customer, in this thread. Lines that begin with // stay here.
slack_desk_nothing_said = Nothing was said.
slack_desk_back = The customer is back.
email_desk_mark = Write your answer above this line
email_desk_how = Answer this mail: the customer gets your words in their chat. An answer that ends with the line #solved ends the conversation with a person, #bot hands it back to the bot; either may stand alone.
email_desk_no_words = I found no words of { $who }'s own in an answer to this case, so the customer got nothing. Please write above what is quoted, or between or below lines that are marked with ">", and send it again. Files are not passed on.
email_desk_file = { $who } has sent a file with an answer to this case. Files are not passed on: the customer got the words alone.
email_desk_subject = [{ $ticket }] { $who } wrote

## For operators: what the doctor finds, and what to do about it

check_reachable = is the provider reachable from here? If so, { $fix }
check_credentials_taken = our credentials are taken; that what customers write arrives, only a message can show
check_refuses_us = refuses us: { $word }

check_no_mail = not set up: no mail is sent
check_mail = the mail server lets us in
check_fix_setting = set { $setting } as { $page } says
check_fix_mail = correct host, user and password in REFUND_DESK_SMTP_URL
check_fix_email = correct REFUND_DESK_SMTP_URL, or start the mail server (docs/connect/email.md)
check_fix_slack = set REFUND_DESK_SLACK_BOT_TOKEN to the bot token of the installed app (docs/connect/slack.md)
check_fix_telegram = set REFUND_DESK_TELEGRAM_TOKEN to what @BotFather says (docs/connect/telegram.md)
check_telegram_elsewhere = Telegram sends updates somewhere else, or nowhere
check_fix_telegram_webhook = call setWebhook with this desk's address and the secret (docs/connect/telegram.md)
check_fix_twilio = set REFUND_DESK_TWILIO_ACCOUNT_SID and _AUTH_TOKEN to those of the console (docs/connect/twilio.md)
check_fix_whatsapp = set REFUND_DESK_WHATSAPP_TOKEN and _PHONE_ID to those of one app (docs/connect/whatsapp.md)
check_fix_messenger = set REFUND_DESK_MESSENGER_TOKEN to the page's token (docs/connect/messenger.md)

check_gateway = answers, and signs its answers
check_fix_gateway_secret = set REFUND_DESK_GATEWAY_SECRET to what the gateway has
check_fix_gateway = correct REFUND_DESK_GATEWAY_URL and its secret, or start the gateway

check_stripe =
    the key is taken ({ $test ->
        [yes] test data only
       *[no] live
    }); whether it may pay refunds, only a refund can show
check_stripe_key_refused = refuses the key
check_fix_stripe_key = set REFUND_DESK_STRIPE_KEY to a key that is in use
check_stripe_right_missing = does not let us read { $what }: { $word }
check_fix_stripe_right = give the restricted key the right to read { $what }; docs/connect/stripe.md lists all rights
check_fix_stripe_url = is api.stripe.com reachable from here? REFUND_DESK_STRIPE_URL
check_stripe_no_webhook = no webhook is set up: disputes and refunds made there are seen only just before a payment; docs/connect/stripe.md says how
check_stripe_no_stop = no system stops cards: their refunds go to a person (docs/connect/stripe.md)

check_shop = the key is taken; whether it may write, only a change can show
check_fix_shop_key = set REFUND_DESK_WOOCOMMERCE_KEY and _SECRET to a key with the right Read/Write
check_shop_without_api = has no order API: { $word }
check_fix_shop_api = is WooCommerce active, and is Settings > Permalinks something else than Plain?
check_shop_answers_otherwise = answers something else
check_fix_shop_url = set REFUND_DESK_WOOCOMMERCE_URL to the shop's address as it is in the end, without redirects
check_shop_numbers = its newest order has no number of our form
check_fix_shop_numbers = correct REFUND_DESK_WOOCOMMERCE_NUMBERS: order numbers look like { $example }
check_shop_wallet = TeraWallet has no API there
check_fix_shop_wallet = activate TeraWallet, or set REFUND_DESK_WOOCOMMERCE_WALLET=none
check_shop_subscriptions = Subscriptions { $known ->
    [yes] { $version }
   *[no] of a version that the key may not ask for
}: the subscription of an order is found { $by_order ->
    [yes] by the order
   *[no] by its first order and by the renewal's own mark, since the plugin is older than 7.9.0
}
check_shop_no_webhook = no webhook is set up: changes are seen when somebody asks; docs/connect/woocommerce.md says how
check_shop_no_stop = nothing stops cards: their refunds go to a person (docs/connect/woocommerce.md)

check_chatwoot = Chatwoot takes both tokens{ $secrets ->
    [yes] , and has our secrets
   *[no] ; whether our secrets are those of its webhooks, only a message can show, or the token of an administrator
}; whether the agent bot is connected to an inbox, only a message can show
check_freshdesk = Freshdesk takes the key
check_zendesk = Zendesk takes the token of an { $role }
check_zendesk_no_agent = Zendesk knows no agent there
check_slack_desk = Slack takes the token; whether the app is in the channel, only a message can show
check_email_desk = the mail server takes us; whether answers come back, only an answer can show
check_webhook_desk = the help desk answers
