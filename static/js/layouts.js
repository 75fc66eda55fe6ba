// Words that were typed on the wrong keyboard layout: ghbdtn is привет, and вщт is don.

const LATIN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,.";
const CYRILLIC = "ёйцукенгшщзхъфывапролджэячсмитьбю";
const OTHER = new Map([...LATIN].flatMap((sign, at) => [[sign, CYRILLIC[at]], [CYRILLIC[at], sign]]));

export const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();

// As it was typed, and as the same keys type it on the other layout.
export function readings(text) {
  const typed = text.toLowerCase().trim();
  return [...new Set([typed, [...typed].map((sign) => OTHER.get(sign) ?? sign).join("")].map(plain))];
}

// Whether one of these texts has a word that begins like this, or begins so itself.
export function fits(typed, ...texts) {
  const words = texts.map(plain).flatMap((text) => [text, ...text.split(/[\s/_.@-]+/)]);
  return readings(typed).some((reading) => words.some((word) => word.startsWith(reading)));
}
