// Where a page asks for its connection, and by what right: the session's cookie, or the bearer of an embedded page.

const path = document.documentElement.dataset.door ?? "/live";
const bearer = () => document.querySelector("#embed [name=token]")?.value;

export const door = {
  path,
  options: () => (bearer() ? { credentials: "omit", headers: { Authorization: `Bearer ${bearer()}` } } : {}),
};
