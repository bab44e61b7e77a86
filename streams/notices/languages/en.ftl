hello = Hello { $partner },
sign = The { $program } partner team

rule_name = { $rule ->
    [brand_bidding] ads on brand terms
    [paid_traffic] paid search traffic
    [self_referral] orders of your own
    [click_to_order_time] orders placed too soon after the click
    [click_flooding] an unusual number of clicks
    [disallowed_referrer] clicks from a website that is not allowed
    [market_not_agreed] traffic from a market that was not agreed
    [reversal_rate] an unusual share of reversed orders
    [terms_outdated] outdated terms
   *[other] { $rule }
}
action_text = { $action ->
    [hold] The rewards concerned are on hold until the case is decided.
    [reject] The clicks and orders concerned earn nothing.
    [clawback] The rewards of the time concerned have been taken back.
    [suspend] Your participation is suspended until further notice.
   *[flag] Nothing changes in your rewards for now.
}

case_opened =
    .subject = We opened a case: { rule_name }
    .body =
        { hello }

        On { $day } we noticed something that our terms do not allow: { rule_name }.
        { action_text }

        The case has the number { $case }. Please answer with this number if you think that we are wrong.

        { sign }
case_evidence_added =
    .subject = More evidence in your case: { rule_name }
    .body =
        { hello }

        { $count ->
            [one] There is now one piece of evidence in case { $case } ({ rule_name }), which we opened for { $day }.
           *[other] There are now { $count } pieces of evidence in case { $case } ({ rule_name }), which we opened for { $day }.
        }

        { sign }
case_upheld =
    .subject = Your case was upheld: { rule_name }
    .body =
        { hello }

        We looked into case { $case } ({ rule_name }) for { $day }, and it was upheld.
        Rewards that were on hold because of it have been taken back.

        { sign }
case_dismissed =
    .subject = Your case was dismissed: { rule_name }
    .body =
        { hello }

        We looked into case { $case } ({ rule_name }) for { $day }, and it was dismissed.
        Rewards that were on hold because of it are yours again.

        { sign }
partner_suspended =
    .subject = Your participation in { $program } is suspended
    .body =
        { hello }

        Since { $day } your participation in { $program } is suspended. New orders earn nothing for now.
        { $rule ->
            [none] { $reason ->
                [none] { "" }
               *[given] Reason: { $reason }
            }
           *[rule] Reason: { rule_name }
        }

        { sign }
partner_reinstated =
    .subject = Your participation in { $program } goes on
    .body =
        { hello }

        Since { $day } your participation in { $program } is no longer suspended. New orders earn rewards again.

        { sign }
tier_changed =
    .subject = { $direction ->
        [up] You have reached the tier { $after }
       *[down] Your tier is now { $after }
    }
    .body =
        { hello }

        { $metric ->
            [orders] { $value ->
                [one] We have counted one order of yours since { $since }.
               *[other] We have counted { $value } orders of yours since { $since }.
            }
           *[revenue] We have counted a revenue of { $value } of yours since { $since }.
        }
        { $direction ->
            [up] Your tier rises from { $before } to { $after }. It counts for your orders from now on.
           *[down] Your tier changes from { $before } to { $after }. It counts for your orders from now on.
        }

        { sign }
key_day_ahead =
    .subject = { $days ->
        [0] { $name } is today
        [one] { $name } is tomorrow
       *[other] { $name } is in { $days } days
    }
    .body =
        { hello }

        { $name } begins on { $date } in { $markets }.
        { $days ->
            [0] It is time to publish your links and offers.
            [one] You have one day left to prepare your links and offers.
           *[other] You have { $days } days left to prepare your links and offers.
        }

        { sign }
brand_bidding_reminder =
    .subject = No ads on our brand terms around { $name }
    .body =
        { hello }

        { $name } begins on { $date } in { $markets }. Please remember that paid search ads on our brand terms are not allowed, nor are misspellings of them: { $terms }.
        Please add them to your campaigns as negative keywords.

        { sign }
terms_due =
    .subject = Please agree to our terms { $version } by { $due }
    .body =
        { hello }

        { $days ->
            [0] The terms { $version } of { $program } apply from today on, and you have not agreed to them yet.
            [one] The terms { $version } of { $program } apply from tomorrow, { $due }, on, and you have not agreed to them yet.
           *[other] The terms { $version } of { $program } apply in { $days } days, from { $due } on, and you have not agreed to them yet.
        }
        Without your agreement we open a case on that day.

        { sign }
