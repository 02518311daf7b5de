/** Input of the XML writer: objects become elements, arrays repeat their element, undefined is omitted. */
export type XmlValue =
  | string
  | number
  | boolean
  | Date
  | undefined
  | XmlValue[]
  | { [name: string]: XmlValue };

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#xD;',
};

/** Escapes text and drops characters that XML 1.0 does not allow. */
function escapeText(text: string): string {
  return text
    .replace(/[&<>"'\r]/g, character => ESCAPES[character])
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '');
}

/** ISO 8601 without milliseconds, as IAM and STS write it. */
export function isoSeconds(time: Date | number): string {
  return new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** An element with its content. */
export function element(name: string, value: XmlValue): string {
  if (value === undefined) {
    return '';
  }
  if (Array.isArray(value)) {
    return value.map(item => element(name, item)).join('');
  }
  if (value instanceof Date) {
    return `<${name}>${isoSeconds(value)}</${name}>`;
  }
  if (typeof value === 'object') {
    const inner = Object.entries(value)
      .map(([key, item]) => element(key, item))
      .join('');
    return inner ? `<${name}>${inner}</${name}>` : `<${name}/>`;
  }
  const text = escapeText(String(value));
  return text ? `<${name}>${text}</${name}>` : `<${name}/>`;
}

/** The members of a query-protocol list. */
export function members(items: XmlValue[]): XmlValue {
  return { member: items };
}
