export interface Words {
  text: string;
  isLink: boolean;
}

/** A mail's text, cut where addresses begin and end. */
export function wordsOf(text: string): Words[] {
  return text
    .split(/(https?:\/\/\S+)/)
    .filter((part) => part !== "")
    .map((part) => ({ text: part, isLink: /^https?:\/\//.test(part) }));
}
