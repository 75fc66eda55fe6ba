"""What is long in the demo: mails that quote mails, logs and code, and one conversation of more than 200 messages.

As in the other stories, staff and requester take turns. `$host`, `$order` and `$version` are filled in.
"""

import random
from string import Template

from app.stories import ANIMALS, COLOURS, Story

CHECKS = 230  # messages of the longest one, which comes in parts


def tell(chance: random.Random) -> Story:
    """One of the long ones."""
    subject, first, *turns = (Template(text).substitute(_words(chance)) for text in chance.choice(STORIES))
    return Story(subject, first, tuple(turns))


def tell_the_longest(chance: random.Random) -> Story:
    """A line that two people watch together, check by check."""
    turns = []
    for number in range(1, CHECKS):
        lost, slow = chance.choice((0, 0, 0, 0.2, 0.4, 3.5, 12)), chance.randint(18, 240)
        said = f"Check {number}: {lost} % lost, {slow} ms." if number % 2 else chance.choice(SEEN)
        turns.append(f"{said}\n\n```\n{_trace(chance, slow)}\n```" if lost > 3 and number % 2 else said)
    first = "Calls to **Lisbon** break up every few minutes. Can we watch the line together until it happens again?"
    return Story("The line to Lisbon, check by check", first, tuple(turns))


def _words(chance: random.Random) -> dict[str, str]:
    return {
        "host": chance.choice(COLOURS) + chance.choice(ANIMALS) + str(chance.randint(1, 99)),
        "order": str(chance.randint(10_000, 99_999)),
        "version": f"{chance.randint(1, 9)}.{chance.randint(0, 30)}",
    }


def _trace(chance: random.Random, slow: int) -> str:
    hops = [f"{hop:2}  10.{chance.randint(0, 40)}.{hop}.1  {chance.randint(1, slow)} ms" for hop in range(1, 6)]
    return "\n".join([*hops, " 6  * * *", f" 7  192.0.2.{chance.randint(2, 250)}  {slow} ms"])


SEEN = (
    "Same here.",
    "That one was audible: two words were gone.",
    "Fine on this side. The other office says so too.",
    "It froze for about ten seconds, then it came back by itself. Nobody touched anything, and the other calls at the "
    "same time went on without a break.",
    "Now it is good again.",
    "На нашей стороне всё чисто, коллеги в Казани тоже ничего не заметили.",
)

STORIES: tuple[tuple[str, ...], ...] = (
    (
        "Nightly import on $host stops half-way",
        """Good morning,

since the update to $version the nightly import stops after some 4,000 rows. Nothing is in the mail that it sends in \
the morning, but the log of the server says this:

```
2026-11-03 02:00:01 INFO  import: begin, 11482 rows in orders-$order.csv
2026-11-03 02:00:09 INFO  import: 1000
2026-11-03 02:00:17 INFO  import: 2000
2026-11-03 02:00:26 INFO  import: 3000
2026-11-03 02:00:35 INFO  import: 4000
2026-11-03 02:00:38 ERROR import: row 4367
Traceback (most recent call last):
  File "/opt/import/run.py", line 88, in <module>
    main(sys.argv[1:])
  File "/opt/import/run.py", line 61, in main
    rows.append(parse(line, columns))
  File "/opt/import/parse.py", line 23, in parse
    price = Decimal(line["price"].replace(",", "."))
decimal.InvalidOperation: [<class 'decimal.ConversionSyntax'>]
2026-11-03 02:00:38 INFO  import: end, 4366 rows
```

What we have tried so far:

1. The same file by hand: it stops at the same row.
2. The file of the day before: it runs to its end.
3. Both files on the old server: both run to their end.

The orders that are missing are entered by hand now, which takes two people the whole morning. Could you look at it \
today?

Kind regards
Tom""",
        """Thank you, that log helps. Row 4367 has a price that the new version does not read. Could you send me the \
lines around it?

```
sed -n 4360,4370p orders-$order.csv
```

And the settings of the import, please: `/opt/import/settings.yaml`.""",
        """Here they are.

```
2081;Dock;1;119,00
2082;Cable 2 m;4;7,90
2083;Stand;1;1\u00a0249,00
2084;Lamp;2;39,50
```

```yaml
import:
  folder: /srv/in
  encoding: utf-8
  columns:
    - id
    - name
    - number
    - price
  price:
    decimal: ","
    thousands: ""
```""",
        """There it is: `1\u00a0249,00` has a no-break space between the thousands, and the settings say that there is \
none. The old version ignored it, the new one does not guess any more.

Please set

```yaml
    thousands: "\\u00a0"
```

and run the file again.""",
        """> There it is: `1\u00a0249,00` has a no-break space between the thousands
>
> > the settings say that there is none
>
> The old version ignored it, the new one does not guess any more.

I would never have seen that. It runs to the end with the file by hand. I leave this open until tomorrow's night \
run, if that is fine.""",
        "Of course. I look at it in the morning.",
        "11,482 rows, no error. **Thank you!**",
    ),
    (
        "Fwd: Delivery $order, three parcels, one invoice",
        """Hello,

I forward what the carrier wrote, because I do not know any more who has to do what. We have been sent back and \
forth for two weeks now.

> From: Dispatch
> To: Grace
>
> Dear customer, parcel 3 of 3 stands in our depot since the 28th. The address on it has no house number. We may not \
add one by hand; the sender must order a correction.
>
> > From: Grace
> > To: Dispatch
> >
> > The tracking has said "on its way" for nine days. Where is parcel 3 of delivery $order?
> >
> > > From: Shop
> > > To: Grace
> > >
> > > All three parcels have left our house together. Please turn to the carrier.
>
> Our office hours are Monday to Friday, 8 to 16.

The invoice was for all three and is paid. What is missing is the one with the power supplies, so nothing of the \
rest can be used either.

Grace""",
        """I am sorry that you were sent around with this. The correction is ours to order, and I have just done so: \
the carrier confirmed it for tomorrow.

- parcel 3 of 3, depot north
- new label with the house number
- delivery between 9 and 12""",
        """On Tuesday support wrote:
> The correction is ours to order, and I have just done so

Thank you. Who pays the 14,90 € that the depot wants for keeping it?""",
        "We do. You will not be asked for it; if you are, tell me and I take care of it.",
        "It is here, and all of it works.",
    ),
    (
        "Отчёт за квартал считается сорок минут",
        """Добрый день!

После обновления до $version квартальный отчёт открывается сорок минут, раньше хватало двух. Сервер $host, базу не \
меняли. Вот что показывает сама база:

```
Seq Scan on orders  (cost=0.00..812345.67 rows=11482 width=64) (actual time=0.031..2381944.120 rows=11482 loops=1)
  Filter: ((created >= '2026-07-01') AND (created < '2026-10-01'))
  Rows Removed by Filter: 48211907
Planning Time: 0.412 ms
Execution Time: 2381951.874 ms
```

До обновления вместо `Seq Scan` был поиск по индексу. Мы пробовали:

1. перезапустить сервер — без изменений;
2. открыть отчёт за один месяц — тринадцать минут;
3. открыть тот же отчёт в копии от прошлой недели — две минуты.

Отчёт нужен к совещанию в четверг. Посмотрите, пожалуйста.

С уважением,
Ольга""",
        """Здравствуйте! Похоже, при обновлении пропал индекс по дате. Пришлите, пожалуйста, вывод:

```sql
SELECT indexname, indexdef
  FROM pg_indexes
 WHERE tablename = 'orders';
```""",
        """Вот:

```
 indexname   | indexdef
-------------+------------------------------------------------------
 orders_pkey | CREATE UNIQUE INDEX orders_pkey ON orders (id)
```

Больше ничего нет.""",
        """Так и есть. Вернём его сегодня после шести, работе это не помешает:

```sql
CREATE INDEX CONCURRENTLY orders_created ON orders (created);
```

Займёт около получаса.""",
        """> Вернём его сегодня после шести, работе это не помешает

Отлично, мы как раз к шести заканчиваем. Завтра утром проверю и напишу.""",
        "Индекс на месте, отчёт за квартал открылся за девяносто секунд. Проверьте, пожалуйста, у себя.",
        "Полторы минуты. Спасибо большое!",
    ),
)
