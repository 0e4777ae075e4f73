### What `refund-desk doctor` finds, and what is to be done about it (bot/commands/doctor*.py).

## The list of findings

doctor_ok = ok
doctor_problem = PROBLEM
doctor_about =
    { $about ->
        [data_folder] data folder
        [help_desk] help desk
       *[other] { $about }
    }
doctor_problems = { $problems } of { $checks } checks found a problem.
doctor_all_well = Nothing is wrong.
doctor_broke = the check itself broke: { $error }
doctor_fix_broke = report this
doctor_correct = correct { $what }

## Settings, policy, data folder

doctor_settings = every variable is known and can be used
doctor_fix_name = unset it, or correct its name
doctor_policy = version { $version } is in force
doctor_fix_policy = `refund-desk policy check FILE` says more
doctor_fix_terms = add a version to the policy file that is in force today
doctor_home = { $folder } can't be written to
doctor_fix_home = correct REFUND_DESK_HOME, or its rights

## Database, keys, what is carried out

doctor_database = { $dialect }, version { $version }
doctor_database_new = is made at the first start
doctor_database_empty = is empty; its tables are made at the first start
doctor_database_older = is of version { $found }; the next start brings it to { $wanted }
doctor_database_newer = is of version { $found }, newer than this program ({ $wanted })
doctor_fix_program = update the program
doctor_fix_database = correct REFUND_DESK_DATABASE_URL, or start the database
doctor_keys = open the personal data of this database
doctor_fix_lost_keys = bring back the keys' database and the secret, or correct where they are
doctor_other_keys = are not those of this database
doctor_fix_other_keys = name the keys and the secret that this database was begun with
doctor_outbox = nothing is overdue
doctor_outbox_late = { $steps } steps are overdue
doctor_fix_outbox = start the worker: `refund-desk run`, or `python -m bot.worker`

## Cards that go back

doctor_no_return_address = there are orders of shipped cards, and their customers are told no address to send them back to
doctor_fix_no_return_address = set REFUND_DESK_RETURN_ADDRESS

## The demo

doctor_beside_demo = { $variable } is set ({ stands_for }), and the demo runs beside no real system
doctor_fix_beside_demo = unset it, or start without --demo
doctor_real_orders = the store holds orders that are not the demo's
doctor_fix_real_orders = name another REFUND_DESK_HOME for it
doctor_demo_orders = the store holds orders of the demo, whose numbers and addresses everybody knows
doctor_fix_demo_orders = `refund-desk orders clean-demo` takes them out; for the demo itself ask with --demo

## Model and Redis

doctor_model = is trained from what is on disk
doctor_model_old = is older than what it is made of
doctor_model_missing = is not there
doctor_fix_model = `refund-desk train`; `refund-desk run` does it, too
doctor_redis = answers
doctor_redis_unset = not set up: this server counts messages for itself
doctor_redis_silent = does not answer
doctor_fix_redis = correct REFUND_DESK_REDIS_URL, start Redis, or unset it

## Connectors

doctor_unread =
    { $number ->
        [one] one event
       *[other] { $number } events
    } that { $number ->
        [one] was
       *[other] were
    } posted here in the last { $days } days could not be read, the last at { $last }
doctor_fix_unread = the log has the time and the kind of error (webhook.not_readable, source={ $source }); is what posts there set up as its page in docs/connect says? Else report it
doctor_billing = money moves through: { $billing }
doctor_no_links = messages have no links to the rules and receipts
doctor_fix_no_links = set REFUND_DESK_PUBLIC_URL to where customers and providers reach this desk
doctor_own_desk = people answer at our own desk
doctor_fix_help_desk =
    { $answered ->
        [yes] correct
       *[no] is it reachable from here? Else correct
    } { $variables }; { $page } says what they are
doctor_ticket_links = tickets have no links
doctor_fix_ticket_links = set { $variable }: money is decided at our desk, and tickets have no link to it
