/** PostgreSQL's five characters beside a severity, and SQLite's own codes. */
export function isDatabaseError(error: any): error is Error {
  const code = String(error?.code ?? '');
  return (
    code.startsWith('SQLITE_') ||
    (/^[0-9A-Z]{5}$/.test(code) && error.severity !== undefined)
  );
}
