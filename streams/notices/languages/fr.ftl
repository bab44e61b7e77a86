hello = Bonjour { $partner },
sign = L’équipe partenaires de { $program }

rule_name = { $rule ->
    [brand_bidding] annonces sur des termes de marque
    [paid_traffic] trafic issu de la recherche payante
    [self_referral] commandes passées par vous-même
    [click_to_order_time] commandes passées trop vite après le clic
    [click_flooding] nombre inhabituel de clics
    [disallowed_referrer] clics venant d’un site non autorisé
    [market_not_agreed] trafic d’un marché non convenu
    [reversal_rate] part inhabituelle de commandes annulées
    [terms_outdated] conditions obsolètes
   *[other] { $rule }
}
action_text = { $action ->
    [hold] Les récompenses concernées sont retenues jusqu’à la décision.
    [reject] Les clics et les commandes concernés ne rapportent rien.
    [clawback] Les récompenses de la période concernée ont été reprises.
    [suspend] Votre participation est suspendue jusqu’à nouvel ordre.
   *[flag] Pour le moment, rien ne change dans vos récompenses.
}

case_opened =
    .subject = Nous avons ouvert un dossier : { rule_name }
    .body =
        { hello }

        Le { $day }, nous avons constaté un fait contraire à nos conditions : { rule_name }.
        { action_text }

        Le dossier porte le numéro { $case }. Si vous pensez qu’il s’agit d’une erreur, répondez en citant ce numéro.

        { sign }
case_evidence_added =
    .subject = Nouveaux éléments dans votre dossier : { rule_name }
    .body =
        { hello }

        { $count ->
            [one] Le dossier { $case } ({ rule_name }), ouvert pour le { $day }, contient maintenant { $count } élément.
           *[other] Le dossier { $case } ({ rule_name }), ouvert pour le { $day }, contient maintenant { $count } éléments.
        }

        { sign }
case_upheld =
    .subject = Votre dossier est confirmé : { rule_name }
    .body =
        { hello }

        Nous avons examiné le dossier { $case } ({ rule_name }) du { $day } : il est confirmé.
        Les récompenses retenues à ce titre ont été reprises.

        { sign }
case_dismissed =
    .subject = Votre dossier est classé : { rule_name }
    .body =
        { hello }

        Nous avons examiné le dossier { $case } ({ rule_name }) du { $day } : il est classé sans suite.
        Les récompenses retenues à ce titre vous sont rendues.

        { sign }
partner_suspended =
    .subject = Votre participation à { $program } est suspendue
    .body =
        { hello }

        Depuis le { $day }, votre participation à { $program } est suspendue. Les nouvelles commandes ne rapportent rien pour le moment.
        { $rule ->
            [none] { $reason ->
                [none] { "" }
               *[given] Motif : { $reason }
            }
           *[rule] Motif : { rule_name }
        }

        { sign }
partner_reinstated =
    .subject = Votre participation à { $program } reprend
    .body =
        { hello }

        Depuis le { $day }, votre participation à { $program } n’est plus suspendue. Les nouvelles commandes rapportent de nouveau des récompenses.

        { sign }
tier_changed =
    .subject = { $direction ->
        [up] Vous avez atteint le niveau { $after }
       *[down] Votre niveau est désormais { $after }
    }
    .body =
        { hello }

        { $metric ->
            [orders] { $value ->
                [one] Depuis le { $since }, nous avons compté { $value } commande de votre part.
               *[other] Depuis le { $since }, nous avons compté { $value } commandes de votre part.
            }
           *[revenue] Depuis le { $since }, nous avons compté un chiffre d’affaires de { $value } de votre part.
        }
        { $direction ->
            [up] Votre niveau monte de { $before } à { $after }. Il vaut dès maintenant pour vos commandes.
           *[down] Votre niveau passe de { $before } à { $after }. Il vaut dès maintenant pour vos commandes.
        }

        { sign }
key_day_ahead =
    .subject = { $days ->
        [0] { $name }, c’est aujourd’hui
        [1] { $name }, c’est demain
       *[other] { $name }, c’est dans { $days } jours
    }
    .body =
        { hello }

        { $name } commence le { $date } ({ $markets }).
        { $days ->
            [0] C’est le moment de publier vos liens et vos offres.
            [1] Il vous reste un jour pour préparer vos liens et vos offres.
           *[other] Il vous reste { $days } jours pour préparer vos liens et vos offres.
        }

        { sign }
brand_bidding_reminder =
    .subject = Pas d’annonces sur nos termes de marque autour de { $name }
    .body =
        { hello }

        { $name } commence le { $date } ({ $markets }). Nous vous rappelons que les annonces payantes sur nos termes de marque ne sont pas autorisées, pas plus que sur leurs fautes de frappe : { $terms }.
        Merci de les ajouter à vos campagnes comme mots-clés à exclure.

        { sign }
terms_due =
    .subject = Merci d’accepter nos conditions { $version } avant le { $due }
    .body =
        { hello }

        { $days ->
            [0] Les conditions { $version } de { $program } s’appliquent à partir d’aujourd’hui, et vous ne les avez pas encore acceptées.
            [1] Les conditions { $version } de { $program } s’appliquent à partir de demain, le { $due }, et vous ne les avez pas encore acceptées.
           *[other] Les conditions { $version } de { $program } s’appliquent dans { $days } jours, à partir du { $due }, et vous ne les avez pas encore acceptées.
        }
        Sans votre accord, nous ouvrirons un dossier ce jour-là.

        { sign }
