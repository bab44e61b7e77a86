hello = Hola, { $partner }:
sign = El equipo de socios de { $program }

rule_name = { $rule ->
    [brand_bidding] anuncios con términos de marca
    [paid_traffic] tráfico de búsqueda de pago
    [self_referral] pedidos propios
    [click_to_order_time] pedidos demasiado rápidos tras el clic
    [click_flooding] una cantidad inusual de clics
    [disallowed_referrer] clics desde un sitio no permitido
    [market_not_agreed] tráfico de un mercado no acordado
    [reversal_rate] una proporción inusual de pedidos anulados
    [terms_outdated] condiciones desactualizadas
   *[other] { $rule }
}
action_text = { $action ->
    [hold] Las recompensas afectadas quedan retenidas hasta que se resuelva el caso.
    [reject] Los clics y pedidos afectados no generan nada.
    [clawback] Las recompensas del periodo afectado se han retirado.
    [suspend] Su participación queda suspendida hasta nuevo aviso.
   *[flag] Por ahora no cambia nada en sus recompensas.
}

case_opened =
    .subject = Hemos abierto un caso: { rule_name }
    .body =
        { hello }

        El { $day } observamos algo que nuestras condiciones no permiten: { rule_name }.
        { action_text }

        El caso tiene el número { $case }. Si cree que es un error, responda indicando este número.

        { sign }
case_evidence_added =
    .subject = Nuevas pruebas en su caso: { rule_name }
    .body =
        { hello }

        { $count ->
            [one] El caso { $case } ({ rule_name }), abierto para el { $day }, tiene ahora { $count } prueba.
           *[other] El caso { $case } ({ rule_name }), abierto para el { $day }, tiene ahora { $count } pruebas.
        }

        { sign }
case_upheld =
    .subject = Su caso se ha confirmado: { rule_name }
    .body =
        { hello }

        Hemos examinado el caso { $case } ({ rule_name }) del { $day } y se ha confirmado.
        Las recompensas retenidas por este motivo se han retirado.

        { sign }
case_dismissed =
    .subject = Su caso se ha desestimado: { rule_name }
    .body =
        { hello }

        Hemos examinado el caso { $case } ({ rule_name }) del { $day } y se ha desestimado.
        Las recompensas retenidas por este motivo vuelven a ser suyas.

        { sign }
partner_suspended =
    .subject = Su participación en { $program } está suspendida
    .body =
        { hello }

        Desde el { $day } su participación en { $program } está suspendida. Por ahora, los nuevos pedidos no generan nada.
        { $rule ->
            [none] { $reason ->
                [none] { "" }
               *[given] Motivo: { $reason }
            }
           *[rule] Motivo: { rule_name }
        }

        { sign }
partner_reinstated =
    .subject = Su participación en { $program } continúa
    .body =
        { hello }

        Desde el { $day } su participación en { $program } ya no está suspendida. Los nuevos pedidos vuelven a generar recompensas.

        { sign }
tier_changed =
    .subject = { $direction ->
        [up] Ha alcanzado el nivel { $after }
       *[down] Su nivel es ahora { $after }
    }
    .body =
        { hello }

        { $metric ->
            [orders] { $value ->
                [one] Desde el { $since } hemos contado { $value } pedido suyo.
               *[other] Desde el { $since } hemos contado { $value } pedidos suyos.
            }
           *[revenue] Desde el { $since } hemos contado { $value } de ingresos suyos.
        }
        { $direction ->
            [up] Su nivel sube de { $before } a { $after }. Vale para sus pedidos desde ahora.
           *[down] Su nivel cambia de { $before } a { $after }. Vale para sus pedidos desde ahora.
        }

        { sign }
key_day_ahead =
    .subject = { $days ->
        [0] { $name } es hoy
        [one] { $name } es mañana
       *[other] { $name } es dentro de { $days } días
    }
    .body =
        { hello }

        { $name } empieza el { $date } ({ $markets }).
        { $days ->
            [0] Es el momento de publicar sus enlaces y ofertas.
            [one] Le queda un día para preparar sus enlaces y ofertas.
           *[other] Le quedan { $days } días para preparar sus enlaces y ofertas.
        }

        { sign }
brand_bidding_reminder =
    .subject = Sin anuncios con nuestros términos de marca en torno a { $name }
    .body =
        { hello }

        { $name } empieza el { $date } ({ $markets }). Le recordamos que no se permiten anuncios de búsqueda de pago con nuestros términos de marca ni con sus errores de escritura: { $terms }.
        Añádalos a sus campañas como palabras clave negativas.

        { sign }
terms_due =
    .subject = Acepte nuestras condiciones { $version } antes del { $due }
    .body =
        { hello }

        { $days ->
            [0] Las condiciones { $version } de { $program } se aplican desde hoy y aún no las ha aceptado.
            [one] Las condiciones { $version } de { $program } se aplican desde mañana, { $due }, y aún no las ha aceptado.
           *[other] Las condiciones { $version } de { $program } se aplican dentro de { $days } días, desde el { $due }, y aún no las ha aceptado.
        }
        Sin su conformidad, ese día abriremos un caso.

        { sign }
