"""What the demo's tickets are about, in English and Russian: no two of a hundred thousand need be alike.

A story is a subject, a first message, and what is said after it in turns: staff, requester, staff … Words in braces are
filled in, the same all through a ticket.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Story:
    subject: str
    first: str
    turns: tuple[str, ...]


def tell(chance: random.Random) -> Story:
    """One of the stories, with everything filled in."""
    russian = chance.random() < 0.4
    subject, first, turns = chance.choice(RUSSIAN if russian else ENGLISH)
    fillers = {name: chance.choice(choices) for name, choices in (RUSSIAN_WORDS if russian else ENGLISH_WORDS).items()}
    fillers |= {
        "order": str(chance.randint(10_000, 99_999)),
        "sum": f"{chance.randint(9, 980)},{chance.randint(0, 99):02} €",
        "host": chance.choice(COLOURS) + chance.choice(ANIMALS) + str(chance.randint(1, 99)),
        "version": f"{chance.randint(1, 9)}.{chance.randint(0, 30)}",
    }
    greeting, end = (chance.choice(words) for words in ((HELLO_RU, BYE_RU) if russian else (HELLO, BYE)))
    return Story(
        _capital(subject.format(**fillers)),
        f"{greeting}{_capital(first.format(**fillers))}{end}",
        tuple(_capital(words.format(**fillers)) for words in turns),
    )


def note(chance: random.Random) -> str:
    return chance.choice(NOTES)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


TAGS = ("billing", "printer", "vpn", "login", "export", "mobile", "счёт", "доступ", "refund", "hardware")
COLOURS = ("amber", "azure", "coral", "ivory", "jade", "lilac", "ochre", "olive", "ruby", "slate", "teal", "umber")
ANIMALS = ("badger", "crane", "falcon", "heron", "ibex", "lynx", "marten", "otter", "raven", "stoat", "tapir", "vole")
HELLO = ("", "", "", "Hi,\n\n", "Hello,\n\n", "Good morning,\n\n", "Dear support,\n\n")
BYE = ("", "", "", "\n\nThank you!", "\n\nKind regards", "\n\nCould you have a look, please?")
HELLO_RU = ("", "", "", "Добрый день!\n\n", "Здравствуйте!\n\n", "Доброе утро!\n\n")
BYE_RU = ("", "", "", "\n\nСпасибо!", "\n\nЗаранее благодарю.", "\n\nПосмотрите, пожалуйста.")

ENGLISH_WORDS = {
    "place": (
        "the second floor",
        "the warehouse",
        "the front desk",
        "meeting room Oslo",
        "the Lisbon office",
        "reception",
    ),
    "device": ("laptop", "phone", "tablet", "desktop", "thin client"),
    "system": ("Windows 11", "macOS 15", "Ubuntu 24.04", "Android 15", "iOS 18"),
    "program": ("the CRM", "the mail client", "the wiki", "the time sheet", "the reporting tool", "the shop"),
    "name": ("Ines Silva", "Tom Becker", "Nadia Karim", "Lars Holm", "Priya Nair", "Sam Doyle"),
    "team": ("accounting", "sales", "logistics", "marketing", "legal", "the night shift"),
    "since": ("since this morning", "since the update", "for three days", "since Monday", "every now and then"),
    "month": ("August", "September", "October", "November"),
}
RUSSIAN_WORDS = {
    "place": ("на втором этаже", "на складе", "в переговорной", "на ресепшене", "в казанском офисе", "в бухгалтерии"),
    "device": ("ноутбук", "телефон", "планшет", "компьютер"),
    "system": ("Windows 11", "macOS 15", "Android 15", "Astra Linux"),
    "program": ("в CRM", "в почте", "в портале", "в отчётах", "в складской программе"),
    "name": ("Ольга Ёлкина", "Игорь Зуев", "Марат Галиев", "Софья Крылова", "Пётр Лебедев"),
    "team": ("бухгалтерии", "отдела продаж", "логистики", "юристов", "ночной смены"),
    "since": ("с утра", "после обновления", "третий день", "с понедельника", "время от времени"),
    "month": ("август", "сентябрь", "октябрь", "ноябрь"),
}

ENGLISH: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Printer at {place} does not print",
        "{since} nothing comes out of **{host}**. The queue shows `paused`, resuming it does nothing.",
        ("Could you switch it off for ten seconds and on again?", "Done, it prints again. Thank you!"),
    ),
    (
        "Printer {host} prints everything twice",
        "Every page comes out twice at {place}, from every {device}.",
        ("The driver was set to two copies after the update. I changed it back.", "Confirmed, one copy again."),
    ),
    (
        "Toner for the printer at {place}",
        "The printer shows *toner low*, and there is no spare one in the cupboard.",
        ("Ordered, number {order}. It comes on Thursday.",),
    ),
    (
        "VPN drops every hour",
        "The connection is cut every hour, in the middle of calls.\n\n- {system}\n- client {version}\n- {host}",
        ("That is the session limit. I raised it for {team}.", "Two hours without a cut, looks good."),
    ),
    (
        "VPN: cannot reach {host}",
        "{since} I can sign in, but `ping {host}` says *unreachable*.",
        ("The route was missing for your group. Please connect again.", "Works now.", "Good. I close this then."),
    ),
    (
        "Cannot sign in after the password change",
        "I changed my password yesterday and now {program} says it is wrong. I am sure that it is not.",
        ("Please try in a private window: an old password may be saved in the browser.",),
    ),
    (
        "Second factor lost with my {device}",
        "My {device} was stolen on the train. How do I sign in to {program} now?",
        ("I ended all your sessions and sent a new enrolment by post.", "It arrived, I am in. Thank you."),
    ),
    (
        "Invoice {order} shows the wrong address",
        "We moved in {month}. The invoice still has *Old Street 4*; it must be *New Street 12*.",
        ("Corrected. A new copy is on its way to you.", "Got it, thanks.", "Happy to help."),
    ),
    (
        "Invoice for {month} is missing",
        "It usually comes on the first. The amount should be {sum}.",
        ("Sent again just now.", "Still nothing here.", "Your mailbox refused it as too large. Here is a link."),
    ),
    (
        "Export to CSV breaks umlauts",
        "Names such as Müller arrive as `MÃ¼ller` when the file from {program} is opened in a spreadsheet.",
        ("Which program do you open it with?", "LibreOffice 24.2", "Choose UTF-8 in the import window, that helps."),
    ),
    (
        "Export stops at 10,000 rows",
        "The file of {month} ends in the middle of a row:\n\n```\n{order};open;{host}\n```",
        ("That is the limit of the web export. I run it for you on the server.", "Perfect, the file is complete."),
    ),
    (
        "Refund for a double payment",
        "We were charged twice for {month}, {sum} each time. The order is {order}.",
        ("I can see it. Refunding now.",),
    ),
    (
        "Refund of order {order} has not arrived",
        "You wrote two weeks ago that {sum} would come back. Nothing has.",
        ("The bank returned it: the account is closed. Which one shall we use?", "The same as for {month}, please."),
    ),
    ("App crashes when a photo is attached", "Every time, on {system}, app {version}. Without a photo it works.", ()),
    (
        "New colleague starts on Monday",
        "Please prepare an account and a {device} for {name}, {team}.",
        ("Everything is ready at {place}.",),
    ),
    (
        "{name} has left {team}",
        "Please close the account and forward the mail to me for a month.",
        ("Done, until the end of the month.", "Thank you, that was quick."),
    ),
    (
        "Question about the yearly plan",
        "Is there a discount for non-profits? We are {team} with 12 seats.",
        ("Yes, 30 %. Shall I switch you over?", "Yes please."),
    ),
    (
        "Please upgrade us to the larger plan",
        "Our {device}s outnumber our seats {since}.",
        ("Which of the two? The larger one has 50 seats for {sum}.", "That one."),
    ),
    (
        "{program} is slow",
        "{since} every page takes ten seconds. {name} has the same on another {device}.",
        ("How is it at {place}?", "The same.", "A job on {host} took all of its memory. It runs at night now."),
    ),
    (
        "Wrong time zone in {program}",
        "Meetings are an hour off {since}, on {system} only.",
        ("Please choose *Europe/Lisbon* in your profile, not *UTC*.",),
    ),
    (
        "Keyboard of my {device} types the wrong letters",
        "`y` and `z` are swapped {since}.",
        ("That is the German layout. Press the Windows key and space.", "Oh. Thanks!"),
    ),
    (
        "Wi-Fi at {place} asks for a certificate",
        "{system} says that it does not trust `{host}`. Is that you?",
        ("It is: the certificate was renewed. Its fingerprint is on the wiki.",),
    ),
    (
        "Order {order} arrived with a part missing",
        "The dock for the {device} was not in the box. The note says *2 of 2*.",
        ("The second parcel is at {place}.", "Found it."),
    ),
    ("Feature request: dark mode in {program}", "Please. Some of us work at night.", ("It is planned for {version}.",)),
)
RUSSIAN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Счёт за {month} не пришёл",
        "Обычно он приходит первого числа, сегодня уже пятое. Сумма должна быть {sum}. Пришлите, пожалуйста, ещё раз.",
        ("Отправили повторно, проверьте, пожалуйста, почту.", "Пришёл, спасибо!"),
    ),
    (
        "Неверные реквизиты в счёте {order}",
        "Мы переехали, а в счёте за {month} старый адрес и старый КПП.",
        ("Исправили, новый счёт во вложении.", "Теперь всё верно.", "Рады помочь."),
    ),
    (
        "Нет доступа {program}",
        "{since} появляется «Недостаточно прав». Раньше всё открывалось.",
        ("Права вернули. Выйдите и войдите заново.", "Теперь открывается."),
    ),
    (
        "Доступ для нового сотрудника",
        "В понедельник выходит {name}. Нужны учётная запись, пропуск и {device}.",
        ("Всё готово, ждём в девять у входа.",),
    ),
    (
        "Не работает поиск {program}",
        "Ищу «Ёлкина» — ничего не находит, хотя клиент точно есть:\n\n1. открыть клиентов\n2. набрать имя",
        (
            "Проверим. На каком устройстве вы это видите?",
            "{device}, {system}.",
            "Исправили: поиск не различал «е» и «ё».",
        ),
    ),
    (
        "Замена картриджа {place}",
        "Закончился чёрный картридж, принтер {host} у окна.",
        ("Заменим сегодня до обеда.", "Заменили, спасибо."),
    ),
    (
        "Принтер {host} жуёт бумагу",
        "{since} застревает каждый третий лист.",
        ("Поменяли ролик подачи. Понаблюдайте, пожалуйста, до вечера.", "Пока ни одного застрявшего."),
    ),
    ("Приложение зависает при входе", "Версия {version}, {system}: крутится значок загрузки, и больше ничего.", ()),
    (
        "Возврат за отменённый заказ {order}",
        "Заказ отменён неделю назад, {sum} не вернулись.",
        ("Банк проводит возврат до 10 дней.", "Деньги пришли, вопрос закрыт."),
    ),
    (
        "VPN не подключается",
        "{since} клиент пишет `timeout`, шлюз {host}. У коллег из {team} то же самое.",
        ("Шлюз перезапущен, попробуйте ещё раз.", "Подключилось."),
    ),
    (
        "Медленно работает интернет {place}",
        "{since} страницы открываются по минуте.",
        ("Меняем точку доступа, до четырёх будет перерыв.", "Стало намного быстрее!"),
    ),
    (
        "Выгрузка в Excel пустая",
        "Отчёт за {month} скачивается, но в файле только заголовок.",
        ("Фильтр по дате стоял на следующий год. Поправили.",),
    ),
    (
        "Забыл пароль {program}",
        "Письмо со ссылкой не приходит, в спаме тоже нет.",
        ("В адресе была опечатка, отправили ещё раз.", "Пришло."),
    ),
    (
        "{device} не включается",
        "Стоит {place}, инвентарный номер {order}. {since} не реагирует на кнопку.",
        ("Заберём в ремонт и привезём замену.", "Замену получил."),
    ),
    (
        "Вопрос по годовому тарифу",
        "Есть ли скидка, если платить сразу за год? Нас двенадцать человек.",
        ("Да, 20 %. Выставить счёт на {sum}?", "Да, пожалуйста."),
    ),
)
NOTES = (
    "Third time this month, worth looking at the cause.",
    "Called them: they are in a meeting until 3 pm.",
    "Клиент очень важный, отвечаем быстро.",
    "Checked the log: `timeout after 30s`, nothing on our side.",
    "Same as last week, see the wiki page on certificates.",
    "Спросил у поставщика, обещали ответить завтра.",
    "**Do not** promise a date before the supplier has answered.",
    "Говорил по телефону: ждёт до пятницы.",
)
