/** `2026-11-29 14:56 UTC` of a time as ISO 8601. */
export const minuteOf = (at: string): string =>
  `${at.slice(0, 16).replace('T', ' ')} UTC`;
