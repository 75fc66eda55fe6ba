// Every page of the desk loads this. Modules run before htmx opens the first socket.

import * as builds from "./builds.js";
import * as closed from "./closed.js";
import * as composer from "./composer.js";
import * as copy from "./copy.js";
import * as dialogs from "./dialogs.js";
import * as drafts from "./drafts.js";
import * as editor from "./editor.js";
import * as fields from "./fields.js";
import * as follow from "./follow.js";
import * as forms from "./forms.js";
import * as head from "./head.js";
import * as hold from "./hold.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import * as loading from "./loading.js";
import * as menus from "./menus.js";
import * as part from "./part.js";
import * as places from "./places.js";
import * as quick from "./quick.js";
import * as reads from "./reads.js";
import * as removed from "./removed.js";
import * as seen from "./seen.js";
import * as selection from "./selection.js";
import * as send from "./send.js";
import * as session from "./session.js";
import * as stored from "./stored.js";
import * as tags from "./tags.js";
import * as thread from "./thread.js";
import * as time from "./time.js";
import * as title from "./title.js";
import * as undo from "./undo.js";

const first = [live, hold, time, title, menus, follow]; // in this order: a form follows what a menu has
const words = [send, stored, drafts, composer, seen, closed, forms, fields, tags, editor, dialogs, session];
const reading = [head, part, thread, reads];
for (const module of [...first, ...words, ...reading, places, removed, selection, undo, quick, copy, keys, loading, builds]) module.start();
