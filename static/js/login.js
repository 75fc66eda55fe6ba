// The sign-in: whoever comes to it, drafts of before a sign-out are gone.

import { clean } from "./drafts.js";

clean();
