### What is wrong with the settings (bot/settings.py, bot/setting_groups, bot/connectors, bot/bootstrap.py).

setting_error_wrong = { $variable }: { $problem }
setting_error_unknown = { $variable } is not a setting; docs/reference/settings.md and `make docs` list those that are
setting_error_given_twice = { $variable }: { $other } is set as well; set one of them
setting_error_file_unreadable = { $variable }: the file can't be read: { $reason }
setting_error_file_no_text = { $variable }: the file is not a text file in UTF-8
setting_error_file_empty = { $variable }: the file is empty
setting_error_policy_no_text = { $variable }: { $file } is not a text file in UTF-8
setting_error_policy_wrong = { $variable }: { $file }: { $problem }
setting_error_foreign_keys = { $variable }: not the keys of the personal data in the database; bring those back, or name where they are
setting_error_beside_demo = { doctor_beside_demo }: { doctor_fix_beside_demo }
stands_for =
    { $system ->
        [billing_gateway] a billing gateway
        [email] e-mail as a channel
        [help_desk] a help desk
        [meta] WhatsApp and Messenger
        [own_order_numbers] orders are numbered as in a shop, and not as those of the demo
        [public_server] customers reach this server
        [real_system] a real system
        [shop_pages] pages of a shop have the chat
        [signed_in_customers] a shop signs its customers in
       *[other] { $system }
    }

## Beside other settings

setting_payer_needs = { $payer } needs { $variable }
setting_which_pays = say which pays refunds, { $first } or { $second }: both are set up
setting_desk_needs = { $desk } needs { $variables } (secrets also as …_FILE)
setting_desk_needs_number = { $desk } needs a number as { $variable }
setting_desk_needs_address = { $desk } needs an address as { $variable }
setting_email_needs = needs { $variable } to answer
setting_email_code_needs = REFUND_DESK_EMAIL_CODE=required needs REFUND_DESK_SMTP_URL and REFUND_DESK_MAIL_FROM
setting_twilio_needs = needs { $variable }: Twilio signs the address that it asks
setting_both = { $one } and { $other }
setting_needs = needs { $what }
setting_missing = is missing, though { $variable } is set
setting_twilio_number = set it or { $variable }: Twilio has to know which number sends
setting_stripe_needs = needs { $variable }: what an event says is read from Stripe
setting_gateway_needs = needs { $variable }, or { $variable }_FILE with a file's name
setting_above = must be higher than { $variable }
setting_too_long = must have at most { $most } characters
setting_not_by_country = "{ $part }" can't be used; write one text for all, and others behind `|` with a country such as DE: before each
setting_below = must not be lower than { $variable }
setting_same_database = must be another database than that of { $variable }

## By themselves

setting_unexpected = unexpected value; permitted: { $permitted }
setting_short_secret = must have at least { $least } characters
setting_short_key = must have at least { $least } bytes
setting_no_https = must start with https://
setting_gateway_url = must start with https://, or with http:// for a gateway on this machine
setting_no_database = must start with sqlite:/// or postgresql://
setting_no_redis = must start with redis://, rediss:// or redis+unix://
setting_no_smtp = must look like smtp://user:password@host:587 or smtps://…
setting_no_site = must look like https://desk.example
setting_no_origin = { $origin } is no origin; write https://shop.example, without a path, and no *
setting_no_email = must be an e-mail address
setting_order_numbers_words = must be an example of an order number, such as CC-104233, or a prefix or pattern and an example behind it
setting_order_numbers_fixed = must have digits or letters that change from order to order
setting_order_numbers_run = must have 1 to 12 digits or letters in a run
setting_order_numbers_long = must give numbers of at most 40 characters
setting_order_numbers_example = must end with an example that fits what stands before it
setting_order_numbers_pattern = must have nothing in its pattern but letters, digits, marks, \d, [A-Z], [A-Z0-9], and how many of them
setting_no_amount = must be amounts with their currencies, such as USD 100.00, EUR 90.00
setting_no_policy = { $path } is not a file; name a policy file, or unset it to use the embedded one
setting_no_pem = must be a public key in PEM
setting_no_rsa = must be an RSA key of { $least } bits or more
setting_stripe_key = must start with sk_ or rk_
setting_stripe_secret = must start with whsec_
setting_telegram_secret = may have letters, digits, _ and - only, at most 256
