import { readdirSync, readFileSync, writeFileSync } from 'fs';
import { resolve } from 'path';
import { diagnose } from '../vocabulary/diagnosis';
import { headingAnchor } from '../vocabulary/headingAnchor';
import { verificationReportSchema } from '../vocabulary/report';
import { renderReportMarkdown } from './reportMarkdown';
import { renderConclusionLines, renderReportTerminal } from './reportTerminal';

const FOLDER = resolve(__dirname, '__golden__');
const CASES = readdirSync(FOLDER)
  .filter(name => name.endsWith('.json'))
  .map(name => name.replace('.json', ''));

/** Of the page that a portal shows at the address of the links. */
const ANCHORS = [
  ...readFileSync(
    resolve(__dirname, '../../../../packages/engine/docs/checks.md'),
    'utf8',
  ).matchAll(/^##+ (.*)$/gm),
].map(([, text]) => headingAnchor(text));

/** What the example portal would say. */
const AGAIN =
  'Then verify again: choose "Verify now" on the page of the identity';

const reportOf = (name: string) =>
  verificationReportSchema
    .strict()
    .parse(JSON.parse(readFileSync(resolve(FOLDER, `${name}.json`), 'utf8')));

/** The stored text of a form; rewritten with `UPDATE_GOLDEN=1`. */
function golden(file: string, made: string): string {
  const path = resolve(FOLDER, file);
  if (process.env.UPDATE_GOLDEN) writeFileSync(path, made);
  return readFileSync(path, 'utf8');
}

/** Every sentence of a text, and every line of its commands; ids and single words aside. */
function sentencesOf(text: string): string[] {
  return text
    .split('\n')
    .flatMap(line => line.split(/(?<=[.!?:])\s+/))
    .map(sentence => sentence.replace(/^\W+|\W+$/g, '').toLowerCase())
    .filter(sentence => sentence.split(' ').length > 3);
}

const repeated = (text: string) =>
  sentencesOf(text).filter((one, index, all) => all.indexOf(one) !== index);

describe.each(CASES)('the report %s', name => {
  const report = reportOf(name);
  const { cause, others } = diagnose(report);
  const forms = {
    md: renderReportMarkdown(report, { verifyAgain: AGAIN }),
    txt: renderReportTerminal(report, { verifyAgain: AGAIN }),
  };

  it('has no id of a check where words with dots become links', () => {
    const log = renderConclusionLines(report, { byTitle: true }).join('\n');
    for (const { id } of report.checks) {
      expect(log).not.toContain(id);
      expect(forms.md).not.toContain(id);
    }
  });

  it.each(['md', 'txt'] as const)('is as stored: %s', form => {
    expect(forms[form]).toBe(golden(`${name}.${form}`, forms[form]));
  });

  it.each(['md', 'txt'] as const)('says nothing twice: %s', form => {
    expect(repeated(forms[form])).toEqual([]);
  });

  it('gives no cause that repeats what its check says', () => {
    const said = (text: string) => text.replace(/\.$/, '').toLowerCase();
    const repeats = report.checks.filter(
      ({ message, fix }) => fix && said(message).includes(said(fix.cause)),
    );
    expect(repeats.map(({ id }) => id)).toEqual([]);
  });

  it('leads with its verdict in one sentence, and ends with what to do next', () => {
    for (const text of Object.values(forms)) {
      const lines = text.trimEnd().split('\n');
      expect(lines[0]).toMatch(
        /^(###|[✓i!✗?]) (Verified|Looks right|Broken|Could not check): [^.]/,
      );
      expect(lines.at(-1)).toBe(
        cause || others.length ? `${AGAIN}.` : lines.at(-1),
      );
    }
    expect(Boolean(cause)).toBe(
      !['verified', 'looks-right'].includes(report.status),
    );
  });

  it('has only links that lead somewhere', () => {
    const page = 'https://portal.example.com/aws-identities/checks#';
    for (const { id, docsUrl } of report.checks) {
      expect(docsUrl.slice(0, page.length)).toBe(page);
      expect([id, ANCHORS.includes(docsUrl.slice(page.length))]).toEqual([
        id,
        true,
      ]);
    }
    const links = [...forms.md.matchAll(/\]\(([^)]+)\)/g)].map(([, to]) => to);
    expect(links).toEqual(
      [...(cause ? [cause] : []), ...others].map(({ check }) => check.docsUrl),
    );
  });

  it('is short where nothing is wrong, else has the whole fix', () => {
    const lines = forms.md.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(cause ? Infinity : 12);
    const { fix } = cause?.check ?? {};
    expect(forms.md).toContain(fix?.actions[0] ?? '');
    expect(forms.md).toContain(fix?.snippet?.text ?? '');
    expect(forms.txt).toContain(`\n${fix?.snippet?.text ?? ''}\n`);
  });
});
