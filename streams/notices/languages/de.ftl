hello = Guten Tag { $partner },
sign = Das Partner-Team von { $program }

rule_name = { $rule ->
    [brand_bidding] Anzeigen auf Markenbegriffe
    [paid_traffic] Besuche aus bezahlter Suche
    [self_referral] eigene Bestellungen
    [click_to_order_time] Bestellungen zu kurz nach dem Klick
    [click_flooding] ungewöhnlich viele Klicks
    [disallowed_referrer] Klicks von einer nicht erlaubten Website
    [market_not_agreed] Besuche aus einem nicht vereinbarten Markt
    [reversal_rate] ungewöhnlich viele stornierte Bestellungen
    [terms_outdated] veraltete Bedingungen
   *[other] { $rule }
}
action_text = { $action ->
    [hold] Die betroffenen Prämien sind bis zur Entscheidung zurückgehalten.
    [reject] Die betroffenen Klicks und Bestellungen bringen nichts ein.
    [clawback] Die Prämien der betroffenen Zeit wurden zurückgebucht.
    [suspend] Ihre Teilnahme ist bis auf Weiteres ausgesetzt.
   *[flag] An Ihren Prämien ändert sich vorerst nichts.
}

case_opened =
    .subject = Wir haben einen Fall eröffnet: { rule_name }
    .body =
        { hello }

        am { $day } ist uns etwas aufgefallen, das unsere Bedingungen nicht erlauben: { rule_name }.
        { action_text }

        Der Fall hat die Nummer { $case }. Wenn Sie glauben, dass wir uns irren, antworten Sie bitte mit dieser Nummer.

        { sign }
case_evidence_added =
    .subject = Weitere Belege in Ihrem Fall: { rule_name }
    .body =
        { hello }

        { $count ->
            [one] im Fall { $case } ({ rule_name }), eröffnet für den { $day }, gibt es jetzt { $count } Beleg.
           *[other] im Fall { $case } ({ rule_name }), eröffnet für den { $day }, gibt es jetzt { $count } Belege.
        }

        { sign }
case_upheld =
    .subject = Ihr Fall wurde bestätigt: { rule_name }
    .body =
        { hello }

        wir haben den Fall { $case } ({ rule_name }) vom { $day } geprüft und bestätigt.
        Prämien, die deswegen zurückgehalten waren, wurden zurückgebucht.

        { sign }
case_dismissed =
    .subject = Ihr Fall wurde verworfen: { rule_name }
    .body =
        { hello }

        wir haben den Fall { $case } ({ rule_name }) vom { $day } geprüft und verworfen.
        Prämien, die deswegen zurückgehalten waren, gehören wieder Ihnen.

        { sign }
partner_suspended =
    .subject = Ihre Teilnahme an { $program } ist ausgesetzt
    .body =
        { hello }

        seit dem { $day } ist Ihre Teilnahme an { $program } ausgesetzt. Neue Bestellungen bringen vorerst nichts ein.
        { $rule ->
            [none] { $reason ->
                [none] { "" }
               *[given] Grund: { $reason }
            }
           *[rule] Grund: { rule_name }
        }

        { sign }
partner_reinstated =
    .subject = Ihre Teilnahme an { $program } geht weiter
    .body =
        { hello }

        seit dem { $day } ist Ihre Teilnahme an { $program } nicht mehr ausgesetzt. Neue Bestellungen bringen wieder Prämien ein.

        { sign }
tier_changed =
    .subject = { $direction ->
        [up] Sie haben die Stufe { $after } erreicht
       *[down] Ihre Stufe ist jetzt { $after }
    }
    .body =
        { hello }

        { $metric ->
            [orders] { $value ->
                [one] seit dem { $since } haben wir { $value } Bestellung von Ihnen gezählt.
               *[other] seit dem { $since } haben wir { $value } Bestellungen von Ihnen gezählt.
            }
           *[revenue] seit dem { $since } haben wir einen Umsatz von { $value } von Ihnen gezählt.
        }
        { $direction ->
            [up] Ihre Stufe steigt von { $before } auf { $after }. Sie gilt ab jetzt für Ihre Bestellungen.
           *[down] Ihre Stufe wechselt von { $before } zu { $after }. Sie gilt ab jetzt für Ihre Bestellungen.
        }

        { sign }
key_day_ahead =
    .subject = { $days ->
        [0] { $name } ist heute
        [one] { $name } ist morgen
       *[other] { $name } ist in { $days } Tagen
    }
    .body =
        { hello }

        { $name } beginnt am { $date } ({ $markets }).
        { $days ->
            [0] Es ist Zeit, Ihre Links und Angebote zu veröffentlichen.
            [one] Sie haben noch einen Tag, um Ihre Links und Angebote vorzubereiten.
           *[other] Sie haben noch { $days } Tage, um Ihre Links und Angebote vorzubereiten.
        }

        { sign }
brand_bidding_reminder =
    .subject = Keine Anzeigen auf unsere Markenbegriffe rund um { $name }
    .body =
        { hello }

        { $name } beginnt am { $date } ({ $markets }). Bitte denken Sie daran, dass bezahlte Suchanzeigen auf unsere Markenbegriffe nicht erlaubt sind, auch nicht auf deren Tippfehler: { $terms }.
        Bitte nehmen Sie sie als auszuschließende Keywords in Ihre Kampagnen auf.

        { sign }
terms_due =
    .subject = Bitte stimmen Sie unseren Bedingungen { $version } bis zum { $due } zu
    .body =
        { hello }

        { $days ->
            [0] die Bedingungen { $version } von { $program } gelten ab heute, und Sie haben ihnen noch nicht zugestimmt.
            [one] die Bedingungen { $version } von { $program } gelten ab morgen, dem { $due }, und Sie haben ihnen noch nicht zugestimmt.
           *[other] die Bedingungen { $version } von { $program } gelten in { $days } Tagen, ab dem { $due }, und Sie haben ihnen noch nicht zugestimmt.
        }
        Ohne Ihre Zustimmung eröffnen wir an diesem Tag einen Fall.

        { sign }
