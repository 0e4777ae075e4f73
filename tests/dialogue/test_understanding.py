"""What a message means where it is said: a table of words, as the model and the rules would read them, and commands.

A row is the place, the words, what the model makes of them (``intent/detail@confidence``, then the intents of its parts
after ``+``), and the commands: all of them in their order, or, where one has a ``!`` before it, those that must and
must not be among them. Orders and addresses are found in the words.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.cases.model import CaseState, CustomerReason
from bot.dialogue.commands import Command, Kind
from bot.dialogue.heard import Heard
from bot.dialogue.state import Context, State
from bot.dialogue.understanding import understand
from bot.language.pack import bare, language_pack
from tests.dialogue.builders import NOON, a_context, a_message, a_request

TITLES = {
    bare("I changed my mind"): CustomerReason.CHANGE_OF_MIND,
    bare("It doesn't work"): CustomerReason.SERVICE_FAULT,
    bare("It's the wrong product"): CustomerReason.WRONG_PRODUCT,
}
PLACES: dict[str, Context] = {
    "idle": a_context(),
    "offered": a_context(said=["utter_declined"]),
    "legal": a_context(said=["utter_person_at_once/legal"]),
    "which task": a_context(said=["utter_which_task"]),
    "refunded": a_context(requests=[a_request()], said=["utter_refund_confirmed"]),
    "cancelled": a_context(requests=[a_request("cancel")], said=["utter_cancel_confirmed"]),
    "in review": a_context(requests=[a_request(state=CaseState.IN_REVIEW)], said=["utter_in_review"]),
    "returning": a_context(requests=[a_request(state=CaseState.AWAITING_RETURN)], said=["utter_return_confirmed"]),
    "elsewhere": a_context(requests=[a_request(state=CaseState.AWAITING_RETURN, mine=False)]),
    "order": a_context("refund", "order_number"),
    "cancel order": a_context("cancel", "order_number"),
    "status order": a_context("status", "order_number"),
    "email": a_context("refund", "email"),
    "cancel email": a_context("cancel", "email"),
    "code": a_context("refund", "email_code"),
    "reason": a_context("refund", "refund_reason"),
    "check": a_context("refund", "reason_check"),
    "place": a_context("refund", "refund_destination"),
    "refund?": a_context("refund", "answer"),
    "cancel?": a_context("cancel", "answer"),
    "withdraw?": a_context("withdraw", "answer"),
    "plan": a_context("refund", "plan"),
    "which cancel": a_context("refund", "which_cancel"),
    "which cancel of it": a_context("cancel", "which_cancel"),
    "which case": a_context("withdraw", "which_case"),
}
_ORDER = re.compile(r"CC-\d{6}")
_EMAIL = re.compile(r"[\w.'+-]+@[\w-]+\.\w+")

TABLE = """
# 6: a yes in other words, with more around it, and with the task's own verb
refund? | be my guest | affirm@0.5 | affirm
refund? | I don't see why not | deny@0.6 | affirm
refund? | couldn't be better, do it | affirm@0.7 | affirm
refund? | you have my blessing | affirm@0.85 | affirm
refund? | yep, send me the money | request_refund@0.7 | affirm
refund? | alright go ahead please | affirm@0.9 | affirm
refund? | Sure thing, refund me | request_refund@0.9 | affirm
refund? | refund it | request_refund@0.95 | affirm
refund? | ok refund me then | request_refund@0.9 | affirm
refund? | works for me! | affirm@0.6 | affirm
refund? | Fine by me. | affirm@0.6 | affirm
refund? | thats okay with me | affirm@0.85 | affirm
refund? | why ever not | affirm@0.5 | affirm
refund? | yes, all of that is correct | affirm@0.9 | affirm
refund? | Good. Do it. | affirm@0.6 | affirm
refund? | /affirm | affirm | affirm
cancel? | yes, end the plan | cancel_service@0.9 | affirm
cancel? | please end it | cancel_service@0.9 | affirm
cancel? | terminate the subscription | cancel_service@0.9 | affirm
cancel? | go for it | affirm@0.6 | affirm
cancel? | stop the service then | cancel_service@0.8 | affirm
cancel? | absolutely, close the account | cancel_service@0.9 | affirm
withdraw? | take back my request | withdraw_request@0.95 | affirm
withdraw? | yes undo the refund | withdraw_request@0.9 | affirm
withdraw? | withdraw it | withdraw_request@0.95 | affirm
withdraw? | by all means | affirm@0.6 | affirm
check | yes exactly | affirm@0.9 | affirm
check | that is right | affirm@0.9 | affirm
# what is no yes
refund? | ok but how long does that take? | ask_policy/processing_time@0.9 | ask processing_time
refund? | yes if there is no fee | affirm@0.7 | !affirm
refund? | I would say yes but let me ask my husband | affirm@0.6 | !affirm
refund? | sure, cancel the plan instead | cancel_service@0.9 | start cancel
cancel? | yes but I want my money | request_refund@0.9 | start refund
refund? | okay? | affirm@0.8 | !affirm
refund? | hm | nlu_fallback@0.3 | not_understood
refund? | my cat is called Refund | out_of_scope@0.9 | small_talk out_of_scope
# 7: no, and stop
refund? | I'd rather not | deny@0.5 | deny
refund? | absolutely not | deny@0.9 | deny
refund? | nope | deny@0.9 | deny
refund? | no thanks, that is too little | deny@0.9 | deny
refund? | not a chance | deny@0.7 | deny
refund? | leave it as it is | nevermind@0.6 | !affirm; deny
refund? | /deny | deny | deny
cancel? | on second thought no | deny@0.9 | deny
cancel? | I'll keep it | deny@0.6 | deny
withdraw? | no, leave the refund in place | deny@0.8 | deny
withdraw? | keep it | deny@0.7 | deny
order | can't be arsed with this | nevermind@0.9 | stop
order | wrong chat | nlu_fallback@0.3 | stop
email | oh just drop it | nevermind@0.8 | stop
email | forget about it | nevermind@0.7 | stop
reason | no need any more | nevermind@0.6 | stop
place | never mind | nevermind@0.9 | stop
refund? | scrap that | nevermind@0.6 | stop
refund? | Sorted it myself | nlu_fallback@0.4 | stop
code | bye | goodbye@0.95 | stop goodbye
order | thanks, goodbye | goodbye@0.95 | stop goodbye
order | /nevermind | nevermind | stop
# 7, the reverse: no stop
reason | I thought about it again and I have no use for it | nevermind@0.7 | give reason change_of_mind
reason | I no longer need it | nevermind@0.6 | give reason change_of_mind
reason | on reflection I never wanted it | change_of_mind@0.9 | give reason change_of_mind
order | never mind the other one, it is CC-104268 | nevermind@0.7 | give order_number CC-104268
cancel? | does it stop at once? | nevermind@0.6 | !stop
email | wait no, it's sam@example.org | nevermind@0.6 | give email sam@example.org
# holds
order | hang on a sec | nevermind@0.7 | hold
email | bear with me | nlu_fallback@0.3 | hold
refund? | let me think | nlu_fallback@0.4 | hold
refund? | one moment please | nevermind@0.5 | hold
code | give me a minute | nlu_fallback@0.4 | hold
# 8: questions at the quote
refund? | why is it so little? | ask_policy/fee@0.8 | ask why
refund? | what is the fee for? | ask_policy/fee@0.95 | ask fee
refund? | where does that come from? | ask_policy@0.7 | ask why
refund? | is that final? | ask_policy/confirmation@0.7 | ask confirmation
refund? | can I have it on a wallet? | ask_policy/destination@0.9 | !affirm; !give destination wallet
refund? | does my card get the money? | ask_policy/destination@0.85 | ask destination
refund? | does it matter that it is broken? | ask_policy/reasons@0.8 | ask reasons
cancel? | will I be billed again? | ask_policy/fee@0.6 | ask cancel_by
cancel? | do you take any money after that? | ask_policy/cancel_fee@0.9 | !affirm; !deny
cancel? | when does it end? | ask_policy/cancelling@0.9 | ask cancelling
place | what is the wallet? | ask_policy/destination@0.95 | ask destination
place | how long does it take to my card? | ask_policy/processing_time@0.9 | ask processing_time
reason | which reasons do you accept? | ask_policy/reasons@0.95 | ask reasons
reason | what happens if it is faulty? | ask_policy/fee@0.8 | ask fee
order | why do you want that? | ask_policy@0.6 | ask why_asked
email | what for | nlu_fallback@0.3 | ask why_asked
order | no clue where I would find that, I lost the receipt | nlu_fallback@0.3 | ask not_at_hand
email | I don't remember which one I used | nlu_fallback@0.3 | ask not_at_hand
code | nothing has arrived, did not get a code | nlu_fallback@0.3 | ask not_at_hand
# a yes with a no before it, and what looks like a yes
refund? | no difference, ok, yes | affirm@0.9 | affirm
refund? | no no, it works. Yes, go on | affirm@0.97 | !deny
refund? | yes, a colleague please | affirm@0.98 | person; affirm
refund? | did it go through? | nlu_fallback@0.4 | ask not_yet
place | one card is enough for us | change_of_mind@0.9 | !give destination original_payment_method
place | No cheque? Then I shall keep the card. | goodbye@0.5 | stop; !give destination original_payment_method
reason | ah, wrong company, nvm | nevermind@0.9 | stop
idle | hi are you a real person | talk_to_human@0.8 | !person
idle | quicker than with a human being | talk_to_human@0.7 | !person
idle | then end it please | inform@0.7 | start cancel
idle | whatever happens do not stop my plan | cancel_service@0.9 | !start cancel
idle | I do not want to end it, I want it frozen | cancel_service@0.95 | !start cancel
# 4: negation and tense
idle | don't cancel anything please | cancel_service@0.8 | !start cancel
idle | I never asked you to cancel my plan | cancel_service@0.8 | !start cancel
idle | I was about to cancel but I am staying | cancel_service@0.8 | !start cancel
idle | did you cancel my card already | cancel_service@0.7 | start status
idle | have you refunded me yet | check_request_status@0.9 | start status
idle | was it cancelled yesterday? | cancel_service@0.7 | start status
idle | I don't want a refund, I want the card to work | request_refund@0.8 | !start refund
idle | I'm not after my money, I need this to work | request_refund@0.7 | !start refund
idle | I almost cancelled last week | cancel_service@0.8 | !start cancel
idle | my wife considered cancelling it | cancel_service@0.7 | !start cancel
idle | please do not refund this yet | request_refund@0.8 | !start refund
order | don't cancel it, I want the money | request_refund@0.8 | !start cancel; !stop
cancel? | please don't cancel it | cancel_service@0.7 | !affirm
refund? | don't send it | deny@0.6 | deny
# 1: destinations named, but not chosen
idle | my calling card is empty | report_problem/fault@0.9 | !give destination original_payment_method
idle | I bought a card, paid with Visa | inform@0.7 | !give destination original_payment_method
idle | Receipt: total $50, paid by Mastercard ending 4411 | inform@0.6 | !give destination original_payment_method
idle | what is this wallet you write about? | ask_policy/destination@0.9 | ask destination
reason | the card I bought from you does not dial out | report_problem/fault@0.95 | give reason service_fault
reason | I paid with paypal and never used it | change_of_mind@0.9 | give reason change_of_mind
place | not on the card I paid with, please, in the wallet | inform@0.8 | give destination wallet
place | that Visa is expired | inform@0.6 | give destination elsewhere
place | my old card was stolen | report_problem@0.6 | give destination elsewhere
place | anywhere but my card | inform@0.6 | !give destination original_payment_method
place | can you wire it to my brother's account | inform@0.6 | give destination elsewhere
place | to a different card please | inform@0.7 | give destination elsewhere
place | bitcoin | nlu_fallback@0.3 | give destination elsewhere
place | half to the card, half to the wallet | inform@0.7 | give destination both
place | back onto my visa | inform@0.9 | give destination original_payment_method
place | the way I paid is fine | inform@0.9 | give destination original_payment_method
place | store credit | inform@0.9 | give destination wallet
place | Could it go to my wallet? | request_refund@0.7 | give destination wallet
refund? | wallet instead please | inform@0.8 | give destination wallet
refund? | no, put it back on my card | inform@0.8 | deny; give destination original_payment_method
refund? | my card is closed | inform@0.6 | !affirm; !give destination original_payment_method
idle | refund CC-104233 to my wallet | request_refund@0.95 | give order_number CC-104233; give destination wallet; start refund
# 2: reasons about one's own things
place | my debit card is dead, use the wallet | report_problem/fault@0.9 | give destination wallet
email | I can't open my mailbox | report_problem/fault@0.9 | !give reason service_fault
code | my inbox does not load | report_problem/fault@0.85 | !give reason service_fault
refund? | my bank blocked my account | report_problem/fault@0.85 | !give reason service_fault; !affirm
idle | my laptop crashed and I want my money back | report_problem/fault@0.85 | !give reason service_fault; start refund
reason | it cuts off after ten seconds | report_problem/fault@0.95 | give reason service_fault
reason | changed my mind | change_of_mind@0.95 | give reason change_of_mind
reason | It's the wrong product | report_problem/wrong_product@0.9 | give reason wrong_product
reason | it doesn't work | nlu_fallback@0.3 | give reason service_fault
reason | something else | nlu_fallback@0.3 | give reason other
reason | it is purple | out_of_scope@0.8 | not_understood
reason | my phone was stolen so I don't need it | change_of_mind@0.7 | give reason change_of_mind
check | it was the wrong card, actually | report_problem/wrong_product@0.9 | give reason wrong_product
check | no, I just don't want it | change_of_mind@0.9 | !affirm; give reason change_of_mind
# 3: two wishes for two orders
idle | money back for CC-104233, and end the plan CC-104251 | cancel_service@0.8 | start refund CC-104233; start cancel CC-104251; !start both
idle | cancel CC-104251 and refund CC-104233 please | cancel_service@0.8 | start cancel CC-104251; start refund CC-104233; !start both
idle | CC-104233 should be refunded, CC-104251 terminated | request_refund@0.8 | start refund CC-104233; !start both
idle | refund CC-104233 and CC-104268 | request_refund@0.95 | give order_number CC-104233; give later_order CC-104268; start refund
idle | end my subscription and give me my money back | cancel_service@0.8 | start both
# 5: wishes beside ours
idle | could you freeze my plan while I travel | cancel_service@0.6 | beside_ours pause
idle | put my subscription on hold until May | cancel_service@0.6 | beside_ours pause
idle | I would like a cheaper tariff | out_of_scope@0.5 | beside_ours downgrade
idle | move me to the basic plan | inform@0.4 | beside_ours downgrade
idle | turn off the automatic renewal | cancel_service@0.7 | beside_ours auto_renewal_off
idle | no more recurring payments please | cancel_service@0.6 | beside_ours auto_renewal_off
idle | please reinstate my account | out_of_scope@0.5 | beside_ours reactivate
idle | turn my card back on | report_problem@0.5 | beside_ours reactivate
idle | can I swap it for a ten dollar one | out_of_scope@0.5 | beside_ours exchange
idle | send me a replacement | out_of_scope@0.5 | beside_ours exchange
idle | I only need half of it back | request_refund@0.7 | !start refund; beside_ours part_of_sum
refund? | just $20 of it please | request_refund@0.8 | !affirm; beside_ours part_of_sum
idle | I use my statutory cooling-off right | out_of_scope@0.5 | beside_ours legal_withdrawal
idle | your free trial billed me | dispute_charge@0.9 | !start refund; beside_ours trial_charged
idle | I was debited two times for one card | dispute_charge@0.95 | !start refund; beside_ours charged_twice
idle | I cancelled in May and you still took money | dispute_charge@0.9 | !start cancel; beside_ours charged_after_cancelling
cancel? | can I pause it instead? | ask_policy@0.6 | !affirm; beside_ours pause
idle | I'd like an upgrade to the big plan | out_of_scope@0.5 | beside_ours downgrade
# 9: a person, in any state
idle | I'd like to speak to somebody | talk_to_human@0.95 | person
order | a human please, I was charged twice | talk_to_human@0.7 | !give reason billing; person
email | sam@example.org - and get me an agent | inform@0.7 | person; give email sam@example.org
code | can somebody look at this instead | nlu_fallback@0.4 | person
reason | it is broken, can someone call me about it | report_problem/fault@0.9 | person; give reason service_fault
place | put me through to your manager | talk_to_human@0.8 | person
refund? | yes, but I want a real person | affirm@0.6 | !affirm; person
cancel? | transfer me to an operator | talk_to_human@0.95 | person
withdraw? | is there anybody there? | talk_to_human@0.6 | person
check | let me talk to a representative | talk_to_human@0.95 | person
plan | I want a human being to handle both | talk_to_human@0.8 | !stop; person
which cancel | escalate this to a supervisor | talk_to_human@0.8 | !stop; person
which case | I need a person | talk_to_human@0.95 | !stop; person
refunded | Could one of you check that? | talk_to_human@0.6 | person
in review | connect me with whoever, a colleague of yours | talk_to_human@0.8 | person
order | /talk_to_human | talk_to_human | person
offered | yes please | affirm@0.95 | !deny; person
legal | yes do that | affirm@0.9 | !deny; person
# 9, the reverse
offered | ok good | affirm@0.9 | !person
offered | okay thanks | thank@0.9 | !person
offered | no thank you | deny@0.95 | !person
idle | no human please, just the refund | request_refund@0.8 | !person; start refund
idle | the person I bought it for has died of laughter | out_of_scope@0.5 | !person
idle | somebody used my card | dispute_charge@0.8 | !person
reason | nobody can hear me when I call | report_problem/fault@0.9 | give reason service_fault
# 10: threats and harm
idle | I'll get my bank to pull that money back | dispute_charge@0.6 | safety legal; !not_understood
idle | my solicitor will write to you | complain@0.6 | !small_talk out_of_scope; safety legal
refund? | then I go to small claims | complain@0.6 | !affirm; safety legal
idle | hello, my husband passed away and I want his plan ended | cancel_service@0.9 | safety care; start cancel
order | I can't afford food this week, CC-104233 | inform@0.6 | safety care; give order_number CC-104233
idle | this is a scam | complain@0.9 | safety anger; complain
email | sod off, you are useless | complain@0.9 | safety anger; complain
idle | chargeback it is then | dispute_charge@0.6 | !start refund; safety legal
reason | it never worked and I will report you to the ombudsman | report_problem/fault@0.9 | safety legal; give reason service_fault
idle | I feel like ending my life | out_of_scope@0.5 | !start cancel; safety care
# 10, the reverse: kind apologies
idle | so sorry to trouble you, love, I want a refund | complain@0.5 | !complain; !safety anger; start refund
order | sorry, I'm stupid, it is CC-104268 | inform@0.8 | !safety anger; give order_number CC-104268
email | apologies for the bother: sam@example.org | complain@0.5 | give email sam@example.org
# 12: details beside a guessed question
order | CC-104268 | ask_policy/fee@0.4 | give order_number CC-104268
email | sam@example.org | ask_policy/contact@0.5 | give email sam@example.org
place | wallet | ask_policy/destination@0.6 | give destination wallet
# 14: how values are spelt
order | #CC-104268 | inform@0.8 | give order_number CC-104268
email | o'neil@example.org | inform@0.8 | give email o'neil@example.org
order | my pin is 8841 2210 93 | inform@0.6 | not_understood pin
order | number on the back says 4455 | inform@0.6 | not_understood card_back
order | 8944500102030405 | inform@0.6 | not_understood card_back
code | 482 913 | inform@0.6 | give email_code 482913
code | it says 482913 I think | inform@0.6 | give email_code 482913
order | no not CC-104233, CC-104268 | inform@0.8 | give order_number CC-104268
email | wrong order number | inform@0.6 | correct order_number
refund? | the address is incorrect | inform@0.6 | !affirm
# after the end
refunded | how come? | ask_policy@0.5 | ask why
refunded | when should the money arrive? | check_request_status@0.7 | ask when_done
refunded | did it work? | check_request_status@0.6 | ask went_through
refunded | please mail me a confirmation | out_of_scope@0.5 | ask by_mail
refunded | oops, undo | nevermind@0.6 | take_back
refunded | please revert that | withdraw_request@0.7 | take_back
refunded | and the other order? | nlu_fallback@0.4 | ask other_order
returning | I lost the return code | nlu_fallback@0.4 | ask return_number
returning | where do I have to ship it? | ask_policy/return_shipping@0.8 | ask return_address
returning | What address? | nlu_fallback@0.4 | ask return_address
returning | what address do I send it to? | request_refund@0.7 | ask return_address
returning | I lost the return number | withdraw_request@0.8 | ask return_number
returning | take back my request, I lost the return number | withdraw_request@0.8 | take_back; ask return_number
elsewhere | I lost the return number | complain@0.7 | ask return_number; complain
elsewhere | which address does the parcel go to, I forgot the return number | request_refund@0.6 | ask return_number
elsewhere | where do I mail the card? | ask_policy/return_shipping@0.9 | ask return_address
idle | I lost the return number | nlu_fallback@0.4 | ask return_number
idle | I've lost the return number for CC-104233 | request_refund@0.8 | give order_number CC-104233; ask return_number
idle | what is the return address? | ask_policy/return_shipping@0.9 | ask return_shipping
idle | what was the return address again? | ask_policy/return_shipping@0.9 | ask return_address
refunded | where do I send it? | ask_policy/return_shipping@0.9 | ask return_address
returning | do you send me a return label? | ask_policy/return_shipping@0.8 | ask return_label
returning | how do I pack it? | out_of_scope@0.9 | ask return_address
idle | where do i send my card back to | out_of_scope@0.8 | ask return_shipping
returning | ive mailed it | inform@0.6 | ask return_sent
returning | tracking id is JD014600003888017654, where is my refund? | check_request_status@0.9 | give tracking_number JD014600003888017654; start status
returning | it's in the mail | nlu_fallback@0.4 | ask return_sent
returning | I've mailed it this morning | inform@0.6 | ask return_sent
returning | I have sent it back two weeks ago, where's my money | check_request_status@0.9 | start status
idle | it's in the mail | nlu_fallback@0.4 | not_understood
# the number of a parcel
returning | it's in the mail, here's the tracking number 1Z999AA10123456784 | withdraw_request@0.9 | give tracking_number 1Z999AA10123456784
returning | 1Z 999 AA1 01 2345 6784 | inform@0.6 | give tracking_number 1Z999AA10123456784
returning | tracking: 7712 3456 7890, it left today | inform@0.6 | give tracking_number 771234567890
returning | RR123456785US | out_of_scope@0.9 | give tracking_number RR123456785US
returning | RR 123 456 785 US | out_of_scope@0.9 | give tracking_number RR123456785US
returning | 9400 1000 0000 0000 0000 00 | inform@0.6 | give tracking_number 9400100000000000000000
returning | 771234567890 | inform@0.6 | give tracking_number 771234567890
returning | you'll get it soon: JD014600003888017654 | deny@0.8 | give tracking_number JD014600003888017654
elsewhere | the parcel number is 00340434161094021501 thanks | thank@0.9 | give tracking_number 00340434161094021501
idle | it's in the mail, here's the tracking number 1Z999AA10123456784 | request_refund@0.9 | give tracking_number 1Z999AA10123456784
idle | tracking number 1Z999AA10123456784 for CC-104233 | inform@0.9 | give tracking_number 1Z999AA10123456784 CC-104233; give order_number CC-104233
idle | I want my money back, I sent it with tracking number 771234567890 | request_refund@0.9 | give tracking_number 771234567890; start refund
idle | 771234567890 | inform@0.6 | !give tracking_number 771234567890
returning | call me at 212-555-0100 | inform@0.6 | !give tracking_number 2125550100
returning | 212-555-0100 | inform@0.6 | !give tracking_number 2125550100
returning | what about the tracking of CC-104233? | ask_policy/overview@0.6 | !give tracking_number 104233
status order | CC-104233, and the tracking number is 771234567890 | inform@0.9 | give tracking_number 771234567890 CC-104233; give order_number CC-104233
refund? | yes. tracking number 1Z999AA10123456784 | affirm@0.9 | !affirm; give tracking_number 1Z999AA10123456784
cancelled | can I take it back | withdraw_request@0.9 | take_back
cancelled | how long does it still run? | ask_policy/cancelling@0.7 | !start cancel
in review | put it in my wallet please | inform@0.8 | give destination wallet; !start refund
in review | any news on my request? | check_request_status@0.95 | start status
refunded | thank you so much | thank@0.95 | small_talk thank
refunded | great, nothing else | deny@0.8 | deny
# cancel, bare and of what
order | cancel | cancel_service@0.6 | start which_cancel
email | please cancel that | cancel_service@0.6 | start which_cancel
which cancel | I mean this chat | nlu_fallback@0.4 | give which_cancel stop
which cancel | my plan | nlu_fallback@0.4 | give which_cancel cancel
which cancel of it | the service of course | cancel_service@0.9 | give which_cancel here
refund? | cancel that | cancel_service@0.6 | deny
plan | the money first | request_refund@0.8 | give plan refund
plan | just cancel it | cancel_service@0.9 | give plan cancel
which task | the money one | nlu_fallback@0.4 | start refund
which task | close it down, end it | nlu_fallback@0.4 | start cancel
which case | the refund | nlu_fallback@0.4 | give which_case *
# the rest
idle | hi there | greet@0.98 | small_talk greet
order | are you a robot? | bot_challenge@0.95 | small_talk bot_challenge
order | lovely weather | out_of_scope@0.9 | small_talk out_of_scope
idle | asdf | nlu_fallback@0.2 | not_understood
email | Hugo Weber, Bergstrasse 4 | other_language@0.6 | not_understood
idle | where is my refund for CC-104233 | check_request_status@0.95 | give order_number CC-104233; start status
idle | you are so slow | complain@0.9 | complain
"""  # noqa: E501


def _rows() -> list[tuple[str, str, str, str]]:
    lines = [line for line in TABLE.strip().splitlines() if not line.startswith("#")]
    return [tuple(part.strip() for part in line.split(" | ")) for line in lines]  # type: ignore[misc]


def _shown(command: Command) -> str:
    words = (command.kind.value, command.name, command.value, command.order)
    return " ".join(word for word in words if word)


def understood(place: str, text: str, model: str) -> list[str]:
    """The commands, each in a few words."""
    intent, *parts = model.split("+")
    name, _, confidence = intent.partition("@")
    values = {"order_number": tuple(_ORDER.findall(text)), "email": tuple(_EMAIL.findall(text))}
    found = {entity: of for entity, of in values.items() if of}
    message = a_message(text, name, float(confidence or 1), parts=parts, **found)
    return list(map(_shown, understand(message, PLACES[place], TITLES, language_pack())))


@pytest.mark.parametrize(("place", "text", "model", "wanted"), _rows())
def test_a_message_means_what_it_says_where_it_is_said(place: str, text: str, model: str, wanted: str) -> None:
    commands, expected = understood(place, text, model), wanted.split("; ")
    if any(one.startswith("!") for one in expected):
        assert [one for one in expected if not one.startswith("!") and one not in commands] == [], commands
        assert [one for one in expected if one.startswith("!") and one[1:] in commands] == [], commands
    else:
        assert commands == expected


def test_the_table_is_long_and_in_every_place() -> None:
    rows = _rows()
    assert len(rows) >= 150
    assert {row[0] for row in rows} >= set(PLACES) - {"cancel order", "cancel email", "status order"}
    assert len({row[:2] for row in rows}) == len(rows)


@pytest.mark.parametrize("place", PLACES)
def test_a_wish_for_a_person_is_heard_first_wherever_it_is_said(place: str) -> None:
    for text, model in (
        ("I want to talk to a person about CC-104233", "inform@0.7"),
        ("no. get me a human, sam@example.org", "deny@0.8"),
        ("yes, and let me speak with an agent", "affirm@0.9"),
        ("/talk_to_human", "talk_to_human"),
    ):
        assert understood(place, text, model)[0] == "person", (place, text)


@pytest.mark.parametrize("place", PLACES)
def test_a_question_is_never_a_yes_a_no_or_a_stop(place: str) -> None:
    for text, model in (
        ("is that the whole sum?", "ask_policy/amount@0.9"),
        ("would I get all of it on the card?", "ask_policy/destination@0.9"),
        ("and if I say yes, how long does it take?", "ask_policy/processing_time@0.9"),
        ("no fee at all?", "ask_policy/fee@0.8"),
        ("does it end at once?", "ask_policy/cancelling@0.9"),
    ):
        found = {one.split()[0] for one in understood(place, text, model)}
        assert not found & {kind.value for kind in (Kind.AFFIRM, Kind.DENY, Kind.STOP, Kind.TAKE_BACK)}, (place, text)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", ["", " ", "?", "…", "👍👍👍", "0", "'", "\n\n", "x" * 3000])
def test_whatever_is_written_something_is_understood(place: str, text: str) -> None:
    assert understood(place, text, "nlu_fallback@0.1")


@pytest.mark.parametrize("task", ["refund", "cancel", "withdraw"])
def test_a_yes_of_the_model_is_one_without_the_question_too(task: str) -> None:
    said = Heard("thingummy", "thingummy", "affirm", NOON, confidence=0.97, alone=0.3)
    context = Context(State(task=task, asked="answer", order_number="CC-104233", case_reference="RD-7X4QPA"))
    assert Kind.AFFIRM not in {c.kind for c in understand(said, context, {}, language_pack())}
    sure = replace(said, alone=0.9)
    assert Kind.AFFIRM in {c.kind for c in understand(sure, context, {}, language_pack())}
