/** A text that ends with a statement of a policy, in parts; undefined where it has none. */
export function statementIn(
  text: string,
): { before: string; statement: string } | undefined {
  const start = text.indexOf('{');
  const end = text.lastIndexOf('}');
  if (start < 0 || end < start) return undefined;
  try {
    const statement: unknown = JSON.parse(text.slice(start, end + 1));
    return {
      before: text.slice(0, start).trim(),
      statement: JSON.stringify(statement, undefined, 2),
    };
  } catch {
    return undefined;
  }
}
