/**
 * The beginning of a text of the network, to be kept. A part that is cut off would keep all of the text in memory, so
 * what is cut is made anew.
 */
export function brief(text: string, most: number): string {
  return text.length <= most ? text : `${Buffer.from(text.slice(0, most)).toString()}…`;
}
