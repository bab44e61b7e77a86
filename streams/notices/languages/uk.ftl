hello = Вітаємо, { $partner }!
sign = Команда партнерської програми { $program }

rule_name = { $rule ->
    [brand_bidding] реклама за назвами бренду
    [paid_traffic] трафік із платного пошуку
    [self_referral] власні замовлення
    [click_to_order_time] замовлення надто швидко після кліку
    [click_flooding] незвична кількість кліків
    [disallowed_referrer] кліки із забороненого сайту
    [market_not_agreed] трафік із неузгодженого ринку
    [reversal_rate] незвична частка скасованих замовлень
    [terms_outdated] застарілі умови
   *[other] { $rule }
}
action_text = { $action ->
    [hold] Відповідні винагороди утримано до рішення у справі.
    [reject] Відповідні кліки та замовлення нічого не приносять.
    [clawback] Винагороди за відповідний час відкликано.
    [suspend] Вашу участь призупинено до подальшого повідомлення.
   *[flag] Поки що у ваших винагородах нічого не змінюється.
}

case_opened =
    .subject = Ми відкрили справу: { rule_name }
    .body =
        { hello }

        { $day } ми помітили те, чого не дозволяють наші умови: { rule_name }.
        { action_text }

        Номер справи: { $case }. Якщо ви вважаєте, що ми помиляємося, дайте відповідь із цим номером.

        { sign }
case_evidence_added =
    .subject = Нові докази у вашій справі: { rule_name }
    .body =
        { hello }

        { $count ->
            [one] У справі { $case } ({ rule_name }) за { $day } тепер { $count } доказ.
            [few] У справі { $case } ({ rule_name }) за { $day } тепер { $count } докази.
            [many] У справі { $case } ({ rule_name }) за { $day } тепер { $count } доказів.
           *[other] У справі { $case } ({ rule_name }) за { $day } тепер { $count } доказу.
        }

        { sign }
case_upheld =
    .subject = Вашу справу підтверджено: { rule_name }
    .body =
        { hello }

        Ми розглянули справу { $case } ({ rule_name }) за { $day } і підтвердили її.
        Винагороди, утримані через неї, відкликано.

        { sign }
case_dismissed =
    .subject = Вашу справу закрито: { rule_name }
    .body =
        { hello }

        Ми розглянули справу { $case } ({ rule_name }) за { $day } і відхилили її.
        Винагороди, утримані через неї, знову ваші.

        { sign }
partner_suspended =
    .subject = Вашу участь у { $program } призупинено
    .body =
        { hello }

        Від { $day } вашу участь у { $program } призупинено. Нові замовлення поки що нічого не приносять.
        { $rule ->
            [none] { $reason ->
                [none] { "" }
               *[given] Причина: { $reason }
            }
           *[rule] Причина: { rule_name }
        }

        { sign }
partner_reinstated =
    .subject = Ваша участь у { $program } триває
    .body =
        { hello }

        Від { $day } вашу участь у { $program } відновлено. Нові замовлення знову приносять винагороди.

        { sign }
tier_changed =
    .subject = { $direction ->
        [up] Ви досягли рівня { $after }
       *[down] Ваш рівень тепер { $after }
    }
    .body =
        { hello }

        { $metric ->
            [orders] { $value ->
                [one] Від { $since } ми нарахували { $value } ваше замовлення.
                [few] Від { $since } ми нарахували { $value } ваші замовлення.
                [many] Від { $since } ми нарахували { $value } ваших замовлень.
               *[other] Від { $since } ми нарахували { $value } вашого замовлення.
            }
           *[revenue] Від { $since } ми нарахували { $value } вашого обороту.
        }
        { $direction ->
            [up] Ваш рівень підвищується з { $before } до { $after }. Відтепер він діє для ваших замовлень.
           *[down] Ваш рівень змінюється з { $before } на { $after }. Відтепер він діє для ваших замовлень.
        }

        { sign }
key_day_ahead =
    .subject = { $days ->
        [0] { $name } сьогодні
        [1] { $name } завтра
        [one] { $name } через { $days } день
        [few] { $name } через { $days } дні
        [many] { $name } через { $days } днів
       *[other] { $name } через { $days } дня
    }
    .body =
        { hello }

        { $name } починається { $date } ({ $markets }).
        { $days ->
            [0] Час публікувати ваші посилання та пропозиції.
            [one] У вас лишився { $days } день, щоб підготувати посилання та пропозиції.
            [few] У вас лишилося { $days } дні, щоб підготувати посилання та пропозиції.
            [many] У вас лишилося { $days } днів, щоб підготувати посилання та пропозиції.
           *[other] У вас лишилося { $days } дня, щоб підготувати посилання та пропозиції.
        }

        { sign }
brand_bidding_reminder =
    .subject = Без реклами за назвами нашого бренду під час { $name }
    .body =
        { hello }

        { $name } починається { $date } ({ $markets }). Нагадуємо, що платна пошукова реклама за назвами нашого бренду та за назвами з помилками не дозволена: { $terms }.
        Будь ласка, додайте їх до своїх кампаній як мінус-слова.

        { sign }
terms_due =
    .subject = Будь ласка, прийміть наші умови { $version } до { $due }
    .body =
        { hello }

        { $days ->
            [0] Умови { $version } програми { $program } діють від сьогодні, а ви їх ще не прийняли.
            [1] Умови { $version } програми { $program } діють від завтра, { $due }, а ви їх ще не прийняли.
            [one] Умови { $version } програми { $program } діють через { $days } день, від { $due }, а ви їх ще не прийняли.
            [few] Умови { $version } програми { $program } діють через { $days } дні, від { $due }, а ви їх ще не прийняли.
            [many] Умови { $version } програми { $program } діють через { $days } днів, від { $due }, а ви їх ще не прийняли.
           *[other] Умови { $version } програми { $program } діють через { $days } дня, від { $due }, а ви їх ще не прийняли.
        }
        Без вашої згоди того дня ми відкриємо справу.

        { sign }
