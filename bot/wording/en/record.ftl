### What is wrong with the record of decisions, moves and accounts, and with files of orders (bot/store).

## The chain: the codes of bot.cases.ports.audit.AuditProblem

audit_head_missing = the head of the chain is missing
audit_rows_missing = audit rows { $first } to { $last } are missing
audit_not_following = audit row { $row } does not follow from the one before it
audit_unknown_kind = audit row { $row } is of no known kind
audit_missing = { $kind } { $id } is missing (audit row { $row })
audit_changed = { $kind } { $id } has been changed (audit row { $row })
audit_cut_off = the chain ends at row { $last }, but its head says row { $head }
audit_unchained = { $kind } { $id } is not in the chain

## Accounts

audit_account_slipped_in = account { $login } was slipped in: there is no record of it
audit_account_changed = account { $login } was changed outside: { $differing }
audit_account_taken_out = account { $login } was taken out
audit_of_disabled = { $kind } { $id } is of { $login }, who was disabled then
audit_of_no_lead = { $kind } { $id } is of { $login }, who was no lead then
audit_other_value = its { $field } is { $now }, and was { $then }
audit_other_state =
    it is { $active ->
        [yes] active, and was disabled
       *[no] disabled, and was active
    }
audit_other_secrets = its password or second factor is another one

## Files of orders: the codes of bot.store.imports.ImportRefused

import_error_not_text = { $name }: not a text file in UTF-8
import_error_empty = { $name }: the file is empty
import_error_json_too_deep = { $name }: { json_too_deep }
import_error_json_broken = { $name }: { json_broken }
import_error_no_list = { $name }: must be a list of orders
import_error_column_twice = { $name }: the column { $column } stands twice
import_error_csv_broken = { $name }: not valid CSV in line { $line }: { $problem }
import_error_no_orders = { $name }: the file holds no orders
import_error_bad_rows = { $name }: nothing was imported
import_error_of_demo = row { $row }, number: { $order } is an order of the demo here; `refund-desk orders clean-demo` takes those out
import_error_line_too_long = { $name }: line { $line } is longer than an order can be
import_error_columns =
    { $name }: nothing was imported: { $problem }
    { $expected }
import_error_untold =
    { $name }: nothing was imported: this { $format } export does not say { $missing }. Add columns of these names{ $stated ->
        [yes] , or state what holds for all orders: { $hints }
       *[no] { "" }
    }
import_error_nothing_usable = { $name }: nothing was imported: no row is an order that can be taken
import_error_stopped = { $name }: stopped: { $problem }. { $new } new orders and { $changed } changed ones are in the store; the others are as they were. The import may be repeated
import_row = row { $row }, { $problem }
import_more_rows = … and { $more } more
import_column_meant = { $field } (perhaps "{ $column }")
import_columns_missing = missing or misnamed columns: { $columns }
import_columns_strange =
    unknown columns: { $columns }{ $more ->
        [0] { "" }
       *[other] { " " }and { $more } more
    }
import_columns_expected =
    expected: { $needed }{ $has_optional ->
        [yes] ; may be left out: { $optional }
       *[no] { "" }
    }.
import_looks_like = It looks like an export that --format { $format } reads.

## Orders of a file that are left as they are: the codes of bot.store.exports.problems.RowSkipped

import_skipped_open_case = has an open case, { $reference }
import_skipped_other_number = no order number of this shop: { $problem }
import_skipped_no_number = no order number in { $columns }
import_skipped_untold = the file does not say { $missing }
import_skipped_not_paid = not paid ({ $status })
import_skipped_unknown_status = a status that is not known: { $status }
import_skipped_several_products = several products or pieces: a person has to look at it
import_skipped_several_methods = paid in several ways: a person has to look at it
import_skipped_by_gift_card = paid by gift card: a person has to look at it
import_skipped_partly_refunded = refunded in part: a person has to look at it
import_skipped_unreadable = can't be read: { $field } { $problem }
