hello = مرحبا { $partner }،
sign = فريق شركاء { $program }

rule_name = { $rule ->
    [brand_bidding] إعلانات على كلمات العلامة التجارية
    [paid_traffic] زيارات من البحث المدفوع
    [self_referral] طلبات خاصة بكم
    [click_to_order_time] طلبات بعد النقرة بوقت قصير جدا
    [click_flooding] عدد غير معتاد من النقرات
    [disallowed_referrer] نقرات من موقع غير مسموح به
    [market_not_agreed] زيارات من سوق غير متفق عليه
    [reversal_rate] نسبة غير معتادة من الطلبات الملغاة
    [terms_outdated] شروط قديمة
   *[other] { $rule }
}
action_text = { $action ->
    [hold] المكافآت المعنية محجوزة إلى أن يبت في القضية.
    [reject] النقرات والطلبات المعنية لا تكسب شيئا.
    [clawback] تم استرداد مكافآت الفترة المعنية.
    [suspend] مشاركتكم موقوفة حتى إشعار آخر.
   *[flag] لا يتغير شيء في مكافآتكم في الوقت الحالي.
}

case_opened =
    .subject = فتحنا قضية: { rule_name }
    .body =
        { hello }

        لاحظنا في { $day } ما لا تسمح به شروطنا: { rule_name }.
        { action_text }

        رقم القضية { $case }. إذا كنتم ترون أننا مخطئون فنرجو الرد مع ذكر هذا الرقم.

        { sign }
case_evidence_added =
    .subject = أدلة جديدة في قضيتكم: { rule_name }
    .body =
        { hello }

        { $count ->
            [zero] لا أدلة الآن في القضية { $case } ({ rule_name }) عن يوم { $day }.
            [one] في القضية { $case } ({ rule_name }) عن يوم { $day } الآن دليل واحد.
            [two] في القضية { $case } ({ rule_name }) عن يوم { $day } الآن دليلان.
            [few] في القضية { $case } ({ rule_name }) عن يوم { $day } الآن { $count } أدلة.
            [many] في القضية { $case } ({ rule_name }) عن يوم { $day } الآن { $count } دليلا.
           *[other] في القضية { $case } ({ rule_name }) عن يوم { $day } الآن { $count } دليل.
        }

        { sign }
case_upheld =
    .subject = تم تأكيد قضيتكم: { rule_name }
    .body =
        { hello }

        درسنا القضية { $case } ({ rule_name }) عن يوم { $day } وتم تأكيدها.
        المكافآت التي كانت محجوزة بسببها تم استردادها.

        { sign }
case_dismissed =
    .subject = تم رد قضيتكم: { rule_name }
    .body =
        { hello }

        درسنا القضية { $case } ({ rule_name }) عن يوم { $day } وتم ردها.
        المكافآت التي كانت محجوزة بسببها عادت إليكم.

        { sign }
partner_suspended =
    .subject = مشاركتكم في { $program } موقوفة
    .body =
        { hello }

        مشاركتكم في { $program } موقوفة منذ { $day }. الطلبات الجديدة لا تكسب شيئا في الوقت الحالي.
        { $rule ->
            [none] { $reason ->
                [none] { "" }
               *[given] السبب: { $reason }
            }
           *[rule] السبب: { rule_name }
        }

        { sign }
partner_reinstated =
    .subject = مشاركتكم في { $program } مستمرة
    .body =
        { hello }

        لم تعد مشاركتكم في { $program } موقوفة منذ { $day }. الطلبات الجديدة تكسب المكافآت من جديد.

        { sign }
tier_changed =
    .subject = { $direction ->
        [up] وصلتم إلى المستوى { $after }
       *[down] مستواكم الآن { $after }
    }
    .body =
        { hello }

        { $metric ->
            [orders] { $value ->
                [zero] لم نحتسب لكم أي طلب منذ { $since }.
                [one] احتسبنا لكم طلبا واحدا منذ { $since }.
                [two] احتسبنا لكم طلبين منذ { $since }.
                [few] احتسبنا لكم { $value } طلبات منذ { $since }.
                [many] احتسبنا لكم { $value } طلبا منذ { $since }.
               *[other] احتسبنا لكم { $value } طلب منذ { $since }.
            }
           *[revenue] احتسبنا لكم إيرادات بقيمة { $value } منذ { $since }.
        }
        { $direction ->
            [up] يرتفع مستواكم من { $before } إلى { $after }، ويسري على طلباتكم من الآن.
           *[down] يتغير مستواكم من { $before } إلى { $after }، ويسري على طلباتكم من الآن.
        }

        { sign }
key_day_ahead =
    .subject = { $days ->
        [zero] { $name } اليوم
        [one] { $name } غدا
        [two] { $name } بعد يومين
        [few] { $name } بعد { $days } أيام
        [many] { $name } بعد { $days } يوما
       *[other] { $name } بعد { $days } يوم
    }
    .body =
        { hello }

        يبدأ { $name } في { $date } ({ $markets }).
        { $days ->
            [zero] حان وقت نشر روابطكم وعروضكم.
            [one] بقي يوم واحد لتحضير روابطكم وعروضكم.
            [two] بقي يومان لتحضير روابطكم وعروضكم.
            [few] بقيت { $days } أيام لتحضير روابطكم وعروضكم.
            [many] بقي { $days } يوما لتحضير روابطكم وعروضكم.
           *[other] بقي { $days } يوم لتحضير روابطكم وعروضكم.
        }

        { sign }
brand_bidding_reminder =
    .subject = لا إعلانات على كلمات علامتنا التجارية حول { $name }
    .body =
        { hello }

        يبدأ { $name } في { $date } ({ $markets }). نذكركم بأن إعلانات البحث المدفوعة على كلمات علامتنا التجارية وعلى صيغها الخاطئة غير مسموح بها: { $terms }.
        نرجو إضافتها إلى حملاتكم ككلمات مستبعدة.

        { sign }
terms_due =
    .subject = نرجو الموافقة على شروطنا { $version } قبل { $due }
    .body =
        { hello }

        { $days ->
            [zero] تسري شروط { $program } رقم { $version } اعتبارا من اليوم، ولم توافقوا عليها بعد.
            [one] تسري شروط { $program } رقم { $version } اعتبارا من الغد { $due }، ولم توافقوا عليها بعد.
            [two] تسري شروط { $program } رقم { $version } بعد يومين، اعتبارا من { $due }، ولم توافقوا عليها بعد.
            [few] تسري شروط { $program } رقم { $version } بعد { $days } أيام، اعتبارا من { $due }، ولم توافقوا عليها بعد.
            [many] تسري شروط { $program } رقم { $version } بعد { $days } يوما، اعتبارا من { $due }، ولم توافقوا عليها بعد.
           *[other] تسري شروط { $program } رقم { $version } بعد { $days } يوم، اعتبارا من { $due }، ولم توافقوا عليها بعد.
        }
        بدون موافقتكم سنفتح قضية في ذلك اليوم.

        { sign }
