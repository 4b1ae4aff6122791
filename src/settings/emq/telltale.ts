/** A name with a dot in it and "=" behind it, which no line of mosquitto.conf has. */
const TELLTALE = /^[ \t]*[A-Za-z][^\s=#]*\.[^\s=#]+[ \t]*=/m;

/** Tells a conf file of EMQ from one of Mosquitto by its lines. */
export function looksLikeEmq(text: string): boolean {
  return TELLTALE.test(text.replace(/^\uFEFF/, ""));
}
