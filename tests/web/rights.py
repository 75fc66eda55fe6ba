"""Who may do what: a decision for every route, person and thing. Read it as documentation; test_rights.py holds it.

A new route fails the tests until it has a line here. A cell is what that person gets:
  200, 303 …  the status; from 400 on, nothing changed
  login       sent to the sign-in, or shown it with what was typed (401 for htmx), nothing changed
  open, 4401  of a socket: it opens, or is closed with this code
The people: Vera is an admin, Anna and Boris are agents, Clara and Dmitri are requesters; Eve was an agent and is
disabled; a stranger has not signed in. The things are Clara's ticket, and in it a reply of hers, and a reply and a note
of Anna's, which answers nothing but an answered reply; it was Anna who deleted the deleted one.
HEAD answers as GET, and OPTIONS as a page that everybody here may see, on every route.
"""

from dataclasses import dataclass

PEOPLE = ("vera", "anna", "boris", "clara", "dmitri", "eve", "stranger")

DECISIONS = """
method  route                             thing                     vera   anna   boris  clara  dmitri  eve    stranger

GET     /                                 -                         303    303    303    303    303     login  login
GET     /tickets                          -                         200    200    200    200    200     login  login
GET     /tickets/new                      -                         200    200    200    200    200     login  login
POST    /tickets                          -                         303    303    303    303    303     login  login
POST    /tickets/new                      -                         200    200    200    200    200     login  login
GET     /settings                         -                         200    200    200    200    200     login  login
POST    /settings                         -                         303    303    303    303    303     login  login

GET     /tickets/<number:ticket>          ticket                    200    200    200    200    404     login  login
GET     /tickets/<number:ticket>          deleted ticket            404    404    404    404    404     login  login
GET     /tickets/<number:ticket>          nothing                   404    404    404    404    404     login  login
POST    /tickets/<number:ticket>          ticket                    303    303    303    403    404     login  login
POST    /tickets/<number:ticket>          deleted ticket            404    404    404    404    404     login  login
POST    /tickets/<number:ticket>          nothing                   404    404    404    404    404     login  login
POST    /tickets/<number:ticket>/delete   ticket                    303    303    303    403    404     login  login
POST    /tickets/<number:ticket>/delete   deleted ticket            404    404    404    404    404     login  login
POST    /tickets/<number:ticket>/delete   nothing                   404    404    404    404    404     login  login
POST    /tickets/<number:ticket>/restore  ticket                    303    403    403    404    404     login  login
POST    /tickets/<number:ticket>/restore  deleted ticket            303    303    404    404    404     login  login
POST    /tickets/<number:ticket>/restore  nothing                   404    404    404    404    404     login  login

POST    /tickets/<number:ticket>/read     ticket                    303    303    303    403    404     login  login
POST    /tickets/<number:ticket>/read     deleted ticket            404    404    404    404    404     login  login
POST    /tickets/<number:ticket>/read     nothing                   404    404    404    404    404     login  login
POST    /tickets/<number:ticket>/unread   ticket                    303    303    303    403    404     login  login
POST    /tickets/<number:ticket>/unread   deleted ticket            404    404    404    404    404     login  login
POST    /tickets/<number:ticket>/unread   nothing                   404    404    404    404    404     login  login
POST    /tickets/bulk                     a row                     303    303    303    403    403     login  login
POST    /tickets/bulk                     a row, to be deleted      303    303    303    403    403     login  login
POST    /tickets/bulk                     a deleted row             409    409    409    403    403     login  login
POST    /tickets/bulk                     no row                    409    409    409    403    403     login  login
POST    /undo                             anna's change             404    303    404    404    404     login  login
POST    /undo                             anna's deletion           404    303    404    404    404     login  login
POST    /undo                             her reopening             404    404    404    403    404     login  login
POST    /undo                             no event                  404    404    404    404    404     login  login

POST    /tickets/<number:ticket>/comments ticket                    303    303    303    303    404     login  login
POST    /tickets/<number:ticket>/comments ticket, a note            303    303    303    403    404     login  login
POST    /tickets/<number:ticket>/comments ticket, a status          303    303    303    403    404     login  login
POST    /tickets/<number:ticket>/comments closed ticket             422    422    422    422    404     login  login
POST    /tickets/<number:ticket>/comments closed ticket, a note     303    303    303    403    404     login  login
POST    /tickets/<number:ticket>/comments deleted ticket            404    404    404    404    404     login  login
POST    /tickets/<number:ticket>/comments nothing                   404    404    404    404    404     login  login
GET     /comments/<number:comment>        her reply                 303    303    303    303    404     login  login
GET     /comments/<number:comment>        her answered reply        303    303    303    303    404     login  login
GET     /comments/<number:comment>        her closed reply          303    303    303    303    404     login  login
GET     /comments/<number:comment>        anna's reply              303    303    303    303    404     login  login
GET     /comments/<number:comment>        anna's note               303    303    303    404    404     login  login
GET     /comments/<number:comment>        deleted reply             303    303    303    303    404     login  login
GET     /comments/<number:comment>        in deleted ticket         404    404    404    404    404     login  login
GET     /comments/<number:comment>        nothing                   404    404    404    404    404     login  login
GET     /comments/<number:comment>/edit   her reply                 200    403    403    200    404     login  login
GET     /comments/<number:comment>/edit   her answered reply        200    403    403    403    404     login  login
GET     /comments/<number:comment>/edit   her closed reply          200    403    403    403    404     login  login
GET     /comments/<number:comment>/edit   anna's reply              200    200    403    403    404     login  login
GET     /comments/<number:comment>/edit   anna's note               200    200    403    404    404     login  login
GET     /comments/<number:comment>/edit   deleted reply             404    404    404    404    404     login  login
GET     /comments/<number:comment>/edit   in deleted ticket         404    404    404    404    404     login  login
GET     /comments/<number:comment>/edit   nothing                   404    404    404    404    404     login  login
POST    /comments/<number:comment>        her reply                 303    403    403    303    404     login  login
POST    /comments/<number:comment>        her answered reply        303    403    403    403    404     login  login
POST    /comments/<number:comment>        her closed reply          303    403    403    403    404     login  login
POST    /comments/<number:comment>        anna's reply              303    303    403    403    404     login  login
POST    /comments/<number:comment>        anna's note               303    303    403    404    404     login  login
POST    /comments/<number:comment>        deleted reply             404    404    404    404    404     login  login
POST    /comments/<number:comment>        in deleted ticket         404    404    404    404    404     login  login
POST    /comments/<number:comment>        nothing                   404    404    404    404    404     login  login
POST    /comments/<number:comment>/delete her reply                 303    403    403    303    404     login  login
POST    /comments/<number:comment>/delete her answered reply        303    403    403    403    404     login  login
POST    /comments/<number:comment>/delete her closed reply          303    403    403    403    404     login  login
POST    /comments/<number:comment>/delete anna's reply              303    303    403    403    404     login  login
POST    /comments/<number:comment>/delete anna's note               303    303    403    404    404     login  login
POST    /comments/<number:comment>/delete deleted reply             404    404    404    404    404     login  login
POST    /comments/<number:comment>/delete in deleted ticket         404    404    404    404    404     login  login
POST    /comments/<number:comment>/delete nothing                   404    404    404    404    404     login  login

POST    /drafts                           -                         204    204    204    204    204     login  login

GET     /keys                             -                         200    403    403    403    403     login  login
POST    /keys                             -                         303    403    403    403    403     login  login
POST    /keys/<id>/revoke                 key                       303    403    403    403    403     login  login
POST    /keys/<id>/revoke                 nothing                   404    403    403    403    403     login  login

POST    /live/connection                  token of their page       200    200    200    200    200     401    401
POST    /live/connection                  token of another's page   401    401    401    401    401     401    401
POST    /live/connection                  staff token in session    200    200    200    403    403     401    401
GET     /live/frame                       token of their page       204    204    204    204    204     401    401
GET     /live/frame                       token of another's page   401    401    401    401    401     401    401
GET     /live/frame                       staff token in session    204    204    204    403    403     401    401
SOCKET  /api/v1/ws                        token of their page       open   open   open   open   open    4401   4401
SOCKET  /api/v1/ws                        staff token in session    open   open   open   4403   4403    4401   4401

GET     /login                            -                         303    303    303    303    303     200    200
POST    /login                            -                         422    422    422    422    422     422    422
POST    /logout                           -                         303    303    303    303    303     303    303
GET     /static/<version>/<path:name>     -                         404    404    404    404    404     404    404
GET     /me.css                           -                         200    200    200    200    200     200    200
GET     /healthz                          -                         200    200    200    200    200     200    200
GET     /readyz                           -                         200    200    200    200    200     200    200
"""

# Pages inside other sites. Who comes there is a token's holder, whatever cookies come with it. The tokens: Clara's with
# every right, to read only, to open tickets only, for one ticket that is not this one, and locked to a status that this
# one has not; Dmitri's; an agent's; Clara's of a key that was revoked; none, but Anna's cookie. The ticket is Clara's;
# the connection is that of a page with her list.
EMBEDDED = """
method route                                   thing             all read create one lock dmitri agent revoked cookie

GET    /embed/tickets                          -                 200 200  404    404 200  200    401   401     401
GET    /embed/tickets/new                      -                 200 404  200    404 200  200    401   401     401
POST   /embed/tickets                          -                 303 404  303    404 303  303    401   401     401
POST   /embed/tickets/new                      -                 200 404  200    404 200  200    401   401     401
GET    /embed/tickets/<number:ticket>          ticket            200 200  404    404 404  404    401   401     401
GET    /embed/tickets/<number:ticket>          deleted ticket    404 404  404    404 404  404    401   401     401
GET    /embed/tickets/<number:ticket>          nothing           404 404  404    404 404  404    401   401     401
POST   /embed/tickets/<number:ticket>/comments ticket            303 403  404    404 404  404    401   401     401
POST   /embed/tickets/<number:ticket>/comments closed ticket     422 403  404    404 404  404    401   401     401
POST   /embed/tickets/<number:ticket>/comments deleted ticket    404 403  404    404 404  404    401   401     401
POST   /embed/tickets/<number:ticket>/comments nothing           404 403  404    404 404  404    401   401     401
GET    /embed/comments/<number:comment>        her reply         303 303  404    404 404  404    401   401     401
GET    /embed/comments/<number:comment>        her answered reply 303 303 404    404 404  404    401   401     401
GET    /embed/comments/<number:comment>        her closed reply  303 303  404    404 404  404    401   401     401
GET    /embed/comments/<number:comment>        anna's reply      303 303  404    404 404  404    401   401     401
GET    /embed/comments/<number:comment>        anna's note       404 404  404    404 404  404    401   401     401
GET    /embed/comments/<number:comment>        deleted reply     303 303  404    404 404  404    401   401     401
GET    /embed/comments/<number:comment>        in deleted ticket 404 404  404    404 404  404    401   401     401
GET    /embed/comments/<number:comment>        nothing           404 404  404    404 404  404    401   401     401
POST   /embed/session                          -                 200 200  200    200 200  200    401   401     401
POST   /embed/connection                       token of clara    200 200  401    401 401  401    401   401     401
GET    /embed/frame                            token of clara    204 204  401    401 401  401    401   401     401
GET    /embed/host.js                          -                 200 200  200    200 200  200    200   200     200
GET    /embed/accent.css                       -                 200 200  200    200 200  200    200   200     200
"""

# What each form obeys: who sends it, and which of the fields make a difference. Every other field there could be (each
# column of each table, each field of each form) is sent too, and is ignored. A field after ! refuses the whole form.
# None: the form itself is refused.
FIELDS = {
    "POST /tickets": {
        "staff": "subject body priority requester assignee tags key",
        "requester": "subject body key",
    },
    "POST /tickets/<number:ticket>": {
        "staff": "subject status priority requester assignee tags add-tags remove-tags due version",
        "requester": None,
    },
    "POST /tickets/<number:ticket>/comments": {
        "staff": "body kind status key seen",
        "requester": "body key !kind !status",
    },
    "POST /tickets/bulk": {
        "staff": "ticket status priority requester assignee tags add-tags remove-tags due delete",
        "requester": None,
    },
    "POST /undo": {"staff": "!event", "requester": None},
    "POST /comments/<number:comment>": {"staff": "body version", "requester": "body version"},
    "POST /drafts": {
        "staff": "body kind key seen subject priority requester assignee tags !ticket",
        "requester": "body kind key seen subject priority requester assignee tags !ticket",
    },
    "POST /settings": {
        "staff": "language shortcuts reply_waits two_lines after_send after_solve",
        "requester": "language shortcuts",
    },
    "POST /keys": {"admin": "name origins", "agent": None, "requester": None},
    "POST /keys/<id>/revoke": {"admin": "", "agent": None, "requester": None},
    "POST /tickets/<number:ticket>/delete": {"staff": "", "requester": None},
    "POST /tickets/<number:ticket>/restore": {"staff": "", "requester": None},
    "POST /tickets/<number:ticket>/read": {"staff": "upto", "requester": None},
    "POST /tickets/<number:ticket>/unread": {"staff": "", "requester": None},
    "POST /comments/<number:comment>/delete": {"staff": "", "requester": ""},
}

# Forms that leave nothing in a row but a session.
NOTHING_KEPT = {"POST /login", "POST /logout", "POST /live/connection", "POST /embed/session", "POST /embed/connection"}
NOTHING_KEPT |= {"POST /tickets/new", "POST /embed/tickets/new"}

# And inside other sites, for the holder of a token with every right.
EMBEDDED_FIELDS = {
    "POST /embed/tickets": "subject body key",
    "POST /embed/tickets/<number:ticket>/comments": "body key",
}

# The form that is sent where it is allowed: complete and right, so that whoever is refused is refused for who they are.
FORMS = {
    "POST /tickets": {"subject": "Toner", "body": "It is empty."},
    "POST /tickets/new": {"body": "It is empty."},
    "POST /tickets/<number:ticket>": {"version": "1", "subject": "Toner", "add-tags": "new"},
    "POST /tickets/bulk": {"add-tags": "new"},
    "POST /tickets/<number:ticket>/comments": {"body": "Hello"},
    "POST /comments/<number:comment>": {"body": "Hello again", "version": "1"},
    "POST /drafts": {"kind": "ticket", "body": "Half a"},
    "POST /settings": {"language": "ru"},
    "POST /keys": {"name": "Shop", "origins": "https://shop.example"},
    "POST /embed/tickets": {"subject": "Toner", "body": "It is empty."},
    "POST /embed/tickets/<number:ticket>/comments": {"body": "Hello"},
    "POST /login": {"email": "anna@pult.example", "password": "not her password"},
}
WITH = {
    "a note": {"kind": "note"},
    "a status": {"status": "pending"},
    "to be deleted": {"delete": "1"},
}  # more in it, named after a comma


@dataclass(frozen=True)
class Decision:
    """One line: what each person gets, by name."""

    method: str
    route: str
    thing: str
    cells: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.thing}"

    @property
    def form(self) -> dict[str, str]:
        extra = WITH.get(self.thing.partition(", ")[2], {})
        return FORMS.get(f"{self.method} {self.route}", {}) | extra


def decisions(table: str = DECISIONS) -> list[Decision]:
    heading, *lines = [line for line in table.splitlines() if line]
    people = heading.split()[3:]
    route, thing, cells = (heading.index(f" {word}") + 1 for word in ("route", "thing", people[0]))
    return [
        Decision(
            line[:route].strip(),
            line[route:thing].strip(),
            line[thing:cells].strip(),
            dict(zip(people, line[cells:].split(), strict=True)),
        )
        for line in lines
    ]
