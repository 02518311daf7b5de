/** A path with its parameters in their places, encoded. */
export function pathOf(
  path: string,
  params: Record<string, string> = {},
): string {
  return path.replace(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(params[name]),
  );
}

/** With what has a value. */
export function queryString(query: object = {}): string {
  const entries = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== '',
  );
  return entries.length
    ? `?${new URLSearchParams(
        entries.map(([key, value]) => [key, `${value}`]),
      )}`
    : '';
}
