### What the command `refund-desk` says, beside its help and what the doctor finds (bot/commands).

## What was wrong with the input: the codes of bot.commands.CommandError

command_error_refused = { $problem }
command_error_unusable = { $what }: { $problem }
command_error_not_in_utf8 = { $name } is not in UTF-8
command_error_not_text = { $file }: not a text file in UTF-8
command_error_no_database = there is no database yet: there is nothing to back up
command_error_no_secret = { $file } is missing, and no secret is set: REFUND_DESK_SECRET
command_error_other_secret = the secret that is in place is not that of the backup
command_error_no_such_state = --state { $state }: must be one of { $states }
command_error_no_case = there is no case { $case }
command_error_bad_set = --set: must be FIELD=VALUE, with FIELD one of { $fields }
command_error_set_for_own = --set and --time-zone are for exports of other systems: name one with --format
command_error_bad_time_zone = --time-zone { $zone }: no time zone, such as America/New_York
command_error_no_order = there is no order { $order }
command_error_no_customer = there is no customer with the address { $email }
command_error_bad_email = { $email }: is no e-mail address
command_error_nothing_to_change = nothing to change; see --help
command_error_no_picture_file = --picture { $file }: no file name
command_error_no_messages = the files hold no messages
command_error_line_not_json = { $file }, line { $line }: not JSON
command_error_line_without_label = { $file }, line { $line }: needs a "text" and a "label"
command_error_json_without_text = a JSON line needs a "text"
command_error_no_model = without a model nothing can be understood
command_error_ends_before_start = --to must not be before --from
command_error_bad_product = --product must be a printable text of 1 to { $most } characters
command_error_bad_note = --note must be a printable text
command_error_bad_time = { $option } { $text }: not an ISO 8601 time, such as 2026-11-20T09:00:00-05:00
command_error_time_without_offset = { $option } { $text }: has no offset from UTC; write it as 2026-11-20T09:00:00-05:00
command_error_unlikely_year = { $option } { $text }: has a year that can't be right
command_error_bad_date = --on { $text }: not a date; write it as YYYY-MM-DD
command_error_no_terms = no terms are in force on { ISO($on) }: { $problem }
command_error_bad_port = --port { $port }: must be from 1 to 65535
command_error_port_in_use = { $host }:{ $port } can't be used: { $problem }; choose another --port
command_error_real_orders = the store holds orders that are not the demo's: start without --demo, or name another folder for the demo in REFUND_DESK_HOME
command_error_demo_orders = the store holds orders of the demo, whose numbers and addresses everybody knows: `refund-desk orders clean-demo` takes them out; the demo itself is started with --demo
command_error_not_ready = the bot did not become ready; see { $logs }/server.log and actions.log
command_error_keeps_dying = the { $process } process keeps dying; see { $log }

## Running and training

run_starting = Starting …
run_ready = Refund Desk is ready: { $url }
model_current = The model is up to date.
model_training = Training the model (about two minutes) …
model_trained = The model is trained.
model_not_trained = training failed; see { $log }

## The record

audit_verified = { $rows } rows verified, { $problems } problems

## Backups

backup_made =
    { $folder }/data    { $dialect }, version { $revision }, { $rows } rows, { $data_size } bytes
    { $folder }/keys    { $keys_size } bytes
    { $folder }/secret
    Keep the three apart: together they open everything; no two of them do.
restore_done = Restored: the data of { $made_at }, { $rows } rows.
restore_erased = Erased again: { $customers } customers and { $conversations } conversations whose keys were forgotten since.
restore_record =
    The record: { $problems } problems. Before a refund of an order from before now is quoted or paid,
    the gateway is asked what it has paid; where it can't tell, a person has the case.

## Accounts of the desk

agent_added = Added { $agent }
agent_changed = Changed { $agent }
agent_reset = Reset { $agent }
agent_mended = Mended { $agent }
agent_link = The link to set the password with, good once within a day: { $link }
agent_has_second_factor = second factor
agent_is_disabled = disabled

## Orders, incidents, what is carried out

orders_imported = { $orders } orders imported ({ $new } new, { $changed } changed, { $unchanged } as they were), { $skipped } skipped.
orders_skipped_row = skipped: row { $row }, { $order }: { $why }
orders_disputes_untold = The file does not say whether disputes are open: none is taken to be.
orders_reading_1 = Checking
orders_reading_2 = Writing
demo_not_there = The store holds nothing of the demo.
demo_taken_out =
    { $dry_run ->
        [yes] Would be taken out
       *[no] Taken out
    }: { $orders } demo orders, { $incidents } incidents, and the personal data of { $customers } customers and { $conversations } conversations. { $closed } open requests end. { $kept } orders stay without number and person, for the requests on record.
demo_was_paid = Refunds that were paid, or may have been: { $references }. Look at them with whoever pays.
incident_recorded = Incident { $incident } recorded for { $product }.
incident_span = { $start } to { $end }
incident_goes_on = { $start } to now
outbox_tried = tried { $attempts }x, next { $next_at }

## The policy

json_too_deep = not valid JSON: nested too deeply
json_broken = not valid JSON: { $problem }
policy_terms =
    Policy version { $version }, in force since { $starts_on }
      Time zone               { $time_zone }
      Holidays                { $holidays }
      C3, C4  billing cycle   starts on { the_day } of the month
      R2  window              { $window_days } working days after the order
      R2  accepted channels   { $channels }
      R3  accepted reasons    { $reasons }
      R4  processing          { $processing_days } working days
      R6, R7  fee             { $fee_rate }, { $fee_rows } rows in the fee table
      R7b fee, our fault      { $fault_fee_rate }
      R6, R8  a card counts   { $card_worth ->
         *[share] as its share of what was paid
          [face] as its face value up to what was paid
      }
      R8  minimum             { $minimum_ratio } of the original balance, { $minimum_measured } of the fee
      R9  wallet only         { policy_wallet_only }
      Automatic limit         { policy_limits }
      Velocity limit          { $velocity_refunds } approved refunds in { $velocity_days } days
policy_wallet_only =
    { $has_wallet_only ->
        [yes] { $wallet_only }
       *[no] no payment method
    }
policy_limits =
    { $has_limits ->
        [yes] { $limits }
       *[no] none
    }
policy_version_from = { $version } (from { ISO($starts_on) })
policy_valid = { $file }: valid; versions { $versions }
replay_other_policy = decision { $decision }: decided with another policy file
replay_differs = decision { $decision }: differs in { $fields }
replay_done = { $decisions } decisions replayed, { $different } different

## Mails from a mail server

post_mail_no_secret = REFUND_DESK_EMAIL_SECRET: is not set (docs/connect/email.md)
post_mail_no_url = REFUND_DESK_PUBLIC_URL: set it, or give --url
post_mail_bad_settings = the settings in { $path } can't be read: { $problem }
post_mail_settings_form = it must have lines of NAME=VALUE
post_mail_no_answer = no answer from { $url }: { $error }
post_mail_refused =
    { $url } answered { $status ->
        [401] 401: is the secret that of the desk?
       *[other] { $status }
    }
post_mail_too_large = this mail is too large

## Personal data

privacy_erased = Erased: the customer, { counted_conversations } with transcripts, words and verifications. Kept without the person: { counted_orders }, { counted_cases } with decisions and log.
privacy_kept_for_ever = Nothing is purged: REFUND_DESK_RETENTION_DAYS is 0, data is kept for ever.
privacy_purged =
    { $dry_run ->
        [yes] Would erase
       *[no] Erased
    }: { counted_customers } and { counted_conversations } unused for { $days } days.
counted_customers =
    { $customers ->
        [one] { $customers } customer
       *[other] { $customers } customers
    }
counted_conversations =
    { $conversations ->
        [one] { $conversations } conversation
       *[other] { $conversations } conversations
    }
counted_orders =
    { $orders ->
        [one] { $orders } order
       *[other] { $orders } orders
    }
counted_cases =
    { $cases ->
        [one] { $cases } case
       *[other] { $cases } cases
    }

## How well messages are understood

evaluation_figures =
    messages               { $messages }
    accuracy (in scope)    { $accuracy }
    macro-F1 (in scope)    { $macro_f1 }
    rejected (in scope)    { $rejected }
evaluation_out_of_scope =
    out-of-scope recall    { $recall }
    out-of-scope precision { $precision }
evaluation_wrong_money = wrong money intent     { $share }
evaluation_labels = label                  precision  recall     F1 messages
evaluation_acted_on = acted on
evaluation_label = label
evaluation_precision = precision
evaluation_recall = recall
evaluation_f1 = f1
evaluation_as_sure = as sure as right
evaluation_this_model = this model
evaluation_confidence = confidence
evaluation_right = share that is right
