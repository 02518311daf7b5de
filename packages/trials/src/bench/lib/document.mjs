/**
 * Puts a section between its markers, `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`; everything around them is written
 * by hand and stays.
 *
 * @param {string} text - the page
 * @param {string} name - the section's
 * @param {string} body
 */
export function withSection(text, name, body) {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const start = text.indexOf(open);
  const end = text.indexOf(close);
  if (start < 0 || end < start) {
    throw new Error(`There is no section ${open} … ${close}.`);
  }
  return `${text.slice(0, start + open.length)}\n\n${body}\n\n${text.slice(
    end,
  )}`;
}
