/**
 * Spreadsheets run cells that start with one of these as formulas; a leading quote makes them text. Where lists are
 * separated by semicolons, a spreadsheet reads a cell up to the next one, quoted or not, and starts another there.
 */
const FORMULA = /(^|[;\t\r\n])((?:[^\S\t\r\n]|["'])*)(?=[=+\-@])/g;

function cell(value: string | undefined): string {
  const safe = (value ?? '')
    .replace(/^[\t\r]/, "'$&")
    .replace(FORMULA, "$1$2'");
  return `"${safe.replace(/"/g, '""')}"`;
}

/** What a column is called, and what it holds of a row. @public */
export type CsvColumn<Row> = [
  name: string,
  read: (row: Row) => string | undefined,
];

/** RFC 4180 text of the rows, in which no cell is a formula. @public */
export function toCsv<Row>(
  columns: readonly CsvColumn<Row>[],
  rows: readonly Row[],
): string {
  return [
    columns.map(([name]) => cell(name)).join(','),
    ...rows.map(row => columns.map(([, read]) => cell(read(row))).join(',')),
  ].join('\r\n');
}
